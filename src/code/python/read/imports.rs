//! Import statements in every form.
//! Leaves out what the names mean.

use tree_sitter::Node;

use super::*;

impl<'s> Reader<'s> {
    pub(super) fn import(&mut self, node: Node<'_>) {
        let from = node.child_by_field_name("module_name");
        let future = node.kind() == "future_import_statement";
        let (module, level, module_bytes) = match from {
            None if future => ("__future__".to_string(), 0, 0..0),
            None => (String::new(), 0, 0..0),
            Some(from) => {
                let text: String = self.text(from).chars().filter(|letter| !letter.is_whitespace()).collect();
                let level = text.bytes().take_while(|byte| *byte == b'.').count();
                (text[level..].to_string(), level, from.byte_range())
            }
        };
        let mut cursor = node.walk();
        let mut names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
        let mut cursor = node.walk();
        names.extend(node.named_children(&mut cursor).filter(|child| child.kind() == "wildcard_import"));
        for name in names {
            let alias = name.child_by_field_name("alias").map(|alias| self.text(alias).to_string());
            let inner = name.child_by_field_name("name").unwrap_or(name);
            let written: String = self.text(inner).chars().filter(|letter| !letter.is_whitespace()).collect();
            if future && written == "annotations" {
                self.facts.lazy_annotations = true;
            }
            let whole = from.is_none() && !future;
            let star = inner.kind() == "wildcard_import";
            let binds = match (&alias, star) {
                (_, true) => None,
                (Some(alias), _) => Some(alias.clone()),
                (None, _) => written.split('.').next().map(str::to_string),
            };
            let import = Import {
                module: if whole { written.clone() } else { module.clone() },
                level,
                name: (!whole).then(|| if star { "*".to_string() } else { written.clone() }),
                binds: binds.clone(),
                module_bytes: if whole { inner.byte_range() } else { module_bytes.clone() },
                name_bytes: inner.byte_range(),
                statement_line: lines(node).0,
                statement: node.byte_range(),
                spot: self.spot(inner),
            };
            let line = import.spot.line;
            self.facts.imports.push(import);
            if let Some(name) = binds {
                self.bind(&name, Bound::Import(self.facts.imports.len() - 1), line);
            }
        }
    }
}
