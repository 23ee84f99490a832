//! `templates`: every line of the input in one of few templates.
//! Leaves out errors: `triage` groups those by what failed.

use std::fmt::Write as _;
use std::io::BufRead;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::group::template::{Options, mine};
use crate::publish;
use crate::source;

use super::arguments::{TemplatesArguments, TextOrJson};
use super::failure::{Exit, Failure};
use super::print;

/// Runs the command.
pub(super) fn run(arguments: TemplatesArguments) -> Result<Exit, Failure> {
    let mut lines: Vec<String> = Vec::new();
    for path in source::expand(&arguments.sources)? {
        let reader = source::open_text(&path)?;
        for line in std::io::BufReader::new(reader).split(b'\n') {
            let line = line.map_err(|error| {
                Failure::new(Exit::CannotSay, format!("cannot read {}", path.name())).because(error)
            })?;
            lines.push(String::from_utf8_lossy(&line).trim_end_matches('\r').to_string());
        }
    }
    if lines.is_empty() {
        return Err(
            Failure::new(Exit::CannotSay, "no lines were read").hint("check the path; an empty input says nothing")
        );
    }
    let (numbers, mut templates) = mine(lines.iter().map(String::as_str), Options { content: arguments.content });
    if let Some(file) = &arguments.assignments {
        let mut text = String::new();
        for at in &numbers {
            let _ = writeln!(text, "{}", templates[*at].id);
        }
        publish::write_file(file, text.as_bytes())
            .map_err(|error| Failure::new(Exit::Publish, format!("cannot write {}", file.display())).because(error))?;
    }
    templates.sort_by(|a, b| (b.count, &a.id).cmp(&(a.count, &b.id)));
    match arguments.format {
        TextOrJson::Json => {
            let list: Vec<_> = templates
                .iter()
                .map(|template| serde_json::json!({ "id": template.id, "template": template.template, "count": template.count, "example": template.example }))
                .collect();
            print::json(
                &serde_json::json!({ "schema": "log-gardener/templates/1", "lines": lines.len(), "templates": list }),
            )
        }
        TextOrJson::Text => {
            let mut table = Table::new();
            table
                .load_style(presets::NOTHING)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(print::width() as u16);
            table.set_header(["COUNT", "ID", "TEMPLATE"]);
            for template in &templates {
                table.add_row([template.count.to_string(), template.id.clone(), print::plain(&template.template)]);
            }
            if let Some(column) = table.column_mut(0) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            print::text(&format!("{table}\n\n{} lines in {} templates\n", lines.len(), templates.len()))
        }
    }
}
