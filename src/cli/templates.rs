//! `templates`: every line of the input in one of few templates.
//! Leaves out errors: `triage` groups those by what failed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::group::template::{Options, mine};
use crate::publish;
use crate::source::{self, SourcePath};

use super::arguments::{TemplatesArguments, TextOrJson};
use super::failure::{Exit, Failure};
use super::print;

/// Bytes of a line that are held; what stands behind them is data.
const LINE_LIMIT: u64 = 64 << 10;

/// Runs the command.
pub(super) fn run(arguments: TemplatesArguments) -> Result<Exit, Failure> {
    let mut damage: Option<Failure> = None;
    let lines = Lines { paths: source::expand(&arguments.sources)?.into_iter(), open: None };
    let lines = lines.map_while(|line| line.map_err(|failure| damage = Some(failure)).ok());
    let (numbers, mut templates) = mine(lines, Options { content: arguments.content });
    if let Some(failure) = damage {
        return Err(failure);
    }
    if numbers.is_empty() {
        return Err(
            Failure::new(Exit::CannotSay, "no lines were read").hint("check the path; an empty input says nothing")
        );
    }
    if let Some(file) = &arguments.assignments {
        let mut text = String::new();
        for at in &numbers {
            let _ = writeln!(text, "{}", templates[*at].id);
        }
        publish::write_file(file, text.as_bytes())
            .map_err(|error| Failure::unwritable(file, &error, "--assignments"))?;
    }
    templates.sort_by(|a, b| (b.count, &a.id).cmp(&(a.count, &b.id)));
    match arguments.format {
        TextOrJson::Json => {
            let list: Vec<_> = templates
                .iter()
                .map(|template| serde_json::json!({ "id": template.id, "template": template.template, "count": template.count, "example": template.example }))
                .collect();
            print::json(
                &serde_json::json!({ "schema": "log-gardener/templates/1", "lines": numbers.len(), "templates": list }),
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
            print::text(&format!("{table}\n\n{} lines in {} templates\n", numbers.len(), templates.len()))
        }
    }
}

/// The lines of all sources, one source and one line at a time.
struct Lines {
    paths: std::vec::IntoIter<SourcePath>,
    open: Option<(String, BufReader<Box<dyn Read>>)>,
}

impl Iterator for Lines {
    type Item = Result<String, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((name, text)) = &mut self.open {
                match line(text) {
                    Ok(Some(line)) => return Some(Ok(line)),
                    Ok(None) => {}
                    Err(error) => {
                        let failure = Failure::new(Exit::CannotSay, format!("cannot read {name}"));
                        return Some(Err(failure.because(error).hint("it is damaged or was cut; copy it again")));
                    }
                }
            }
            let path = self.paths.next()?;
            match source::open_text(&path) {
                Ok(text) => self.open = Some((path.name(), BufReader::new(text))),
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}

/// Returns the next line without its end, or nothing at the end of the text.
fn line(text: &mut BufReader<Box<dyn Read>>) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    if text.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        // What no miner looks at is passed over, or one endless line would fill the memory.
        text.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_string()))
}
