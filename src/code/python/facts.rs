//! The facts of one Python file: what it imports, binds, reads, calls. Data only.
//! Leaves out how they are read from the text, and every other file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// An expression as far as names go; what is no chain of names, calls and items is `Other`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expr {
    /// `a`
    Name(String),
    /// `x.a`
    Attribute(Box<Expr>, String),
    /// `x(...)`
    Call(Box<Expr>),
    /// `x[...]`
    Item(Box<Expr>),
    /// `await x`
    Await(Box<Expr>),
    /// A list, dictionary, string or number, by the name of its type.
    Literal(&'static str),
    /// Anything else.
    Other,
}

impl Expr {
    /// Returns `a.b.c` for a chain of names; nothing for other expressions.
    pub(crate) fn dotted(&self) -> Option<String> {
        match self {
            Expr::Name(name) => Some(name.clone()),
            Expr::Attribute(inner, name) => Some(format!("{}.{name}", inner.dotted()?)),
            _ => None,
        }
    }

    /// Returns the last name: of `a.b` it is `b`, of `a.b()` and `a.b[0]` too.
    pub(crate) fn tail(&self) -> Option<&str> {
        match self {
            Expr::Name(name) | Expr::Attribute(_, name) => Some(name),
            Expr::Call(inner) | Expr::Item(inner) | Expr::Await(inner) => inner.tail(),
            _ => None,
        }
    }
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// 1-based line.
    pub(crate) line: u32,
    /// Bytes of the file.
    pub(crate) bytes: Range<usize>,
    /// Index of the scope.
    pub(crate) scope: usize,
    /// Exceptions that a `try` around it handles by name, as written.
    pub(crate) handled: Vec<String>,
    /// Whether it stands below `if TYPE_CHECKING`, which does not run.
    pub(crate) type_only: bool,
    /// Which branch, loop or `try` of its function holds it: where that begins in the file; 0 for none.
    pub(crate) branch: usize,
}

/// One imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// Module as written, without the leading dots; empty for `from . import a`.
    pub(crate) module: String,
    /// Leading dots.
    pub(crate) level: usize,
    /// The name behind `import` of `from m import name`; `*` for all; nothing for `import m`.
    pub(crate) name: Option<String>,
    /// The name that it binds here; nothing for `*`.
    pub(crate) binds: Option<String>,
    /// The bytes of the module as written, with dots.
    pub(crate) module_bytes: Range<usize>,
    /// The bytes of the imported name, or of the module.
    pub(crate) name_bytes: Range<usize>,
    /// The line of the statement's first word.
    pub(crate) statement_line: u32,
    /// The bytes of the statement.
    pub(crate) statement: Range<usize>,
    /// Where the name stands.
    pub(crate) spot: Spot,
}

/// What a scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// The file.
    Module,
    /// A class body.
    Class,
    /// A function or a lambda.
    Function,
    /// A comprehension.
    Comprehension,
}

/// How a name is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    /// By the import with this index.
    Import(usize),
    /// By the function of this scope.
    Function(usize),
    /// By the class of this scope.
    Class(usize),
    /// By an assignment of this value.
    Value(Expr),
    /// As a parameter.
    Parameter,
    /// As the variable of a loop over this, or of a comprehension.
    Each(Expr),
    /// In another way: `with`, `except`, `match`, unpacking.
    Otherwise,
}

/// One binding of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// How.
    pub(crate) bound: Bound,
    /// 1-based line.
    pub(crate) line: u32,
    /// Whether it stands below `if TYPE_CHECKING`.
    pub(crate) type_only: bool,
    /// Which branch, loop or `try` of its function holds it; 0 for none.
    pub(crate) branch: usize,
    /// Annotation, as names.
    pub(crate) annotation: Option<Expr>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: ParameterKind,
    /// Whether it may be left out.
    pub(crate) optional: bool,
    /// Annotation, as names.
    pub(crate) annotation: Option<Expr>,
}

/// Kinds of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    /// Before `/`.
    PositionalOnly,
    /// By place or by name.
    Standard,
    /// `*args`
    Rest,
    /// Behind `*`.
    KeywordOnly,
    /// `**kwargs`
    Keywords,
}

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Function {
    /// Parameters in order.
    pub(crate) parameters: Vec<Parameter>,
    /// Whether it is a coroutine function.
    pub(crate) is_async: bool,
    /// Whether its body yields.
    pub(crate) is_generator: bool,
    /// Decorators, as names; a call stands as a call.
    pub(crate) decorators: Vec<Expr>,
    /// Return annotation.
    pub(crate) returns: Option<Expr>,
    /// What it returns, as far as names go.
    pub(crate) returned: Vec<Expr>,
}

/// A class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Class {
    /// Bases, as names.
    pub(crate) bases: Vec<Expr>,
    /// Decorators.
    pub(crate) decorators: Vec<Expr>,
    /// Attributes that methods set on their first parameter, with lines.
    pub(crate) instance: BTreeMap<String, u32>,
    /// What of them is bound to which value.
    pub(crate) instance_values: BTreeMap<String, Expr>,
}

/// The file, a class, a function or a comprehension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// What it is.
    pub(crate) kind: ScopeKind,
    /// Dotted name from the top of the file; empty for the file.
    pub(crate) qualname: String,
    /// Index of the scope around it.
    pub(crate) parent: usize,
    /// First and last line, 1-based.
    pub(crate) lines: (u32, u32),
    /// Bytes of the definition.
    pub(crate) bytes: Range<usize>,
    /// Bytes of its name.
    pub(crate) name_bytes: Range<usize>,
    /// Names bound in it.
    pub(crate) bindings: BTreeMap<String, Vec<Binding>>,
    /// Names declared `global`.
    pub(crate) globals: BTreeSet<String>,
    /// Names declared `nonlocal`.
    pub(crate) nonlocals: BTreeSet<String>,
    /// For functions.
    pub(crate) function: Option<Function>,
    /// For classes.
    pub(crate) class: Option<Class>,
}

impl Scope {
    /// Returns the last part of its name.
    pub(crate) fn name(&self) -> &str {
        self.qualname.rsplit('.').next().unwrap_or("")
    }
}

/// A name that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Load {
    /// The name.
    pub(crate) name: String,
    /// Where.
    pub(crate) spot: Spot,
    /// Whether it stands in an annotation.
    pub(crate) annotation: bool,
    /// The names behind it: of `a.b.c` read as `a` it is `b`.
    pub(crate) then: Option<String>,
    /// Whether it is called.
    pub(crate) called: bool,
}

/// An attribute that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// What it is read from.
    pub(crate) receiver: Expr,
    /// The receiver as written, spaces and line ends as one space.
    pub(crate) receiver_text: String,
    /// The attribute.
    pub(crate) name: String,
    /// Where the attribute's name stands.
    pub(crate) spot: Spot,
    /// The line on which the whole expression begins.
    pub(crate) start_line: u32,
    /// Whether a test for it stands around: `hasattr(x, "name")`, `getattr(x, "name", ...)`.
    pub(crate) tested: bool,
    /// Whether it is called.
    pub(crate) called: bool,
    /// Whether it is a method decorator or base: run on import.
    pub(crate) awaited: bool,
    /// Whether it is set or deleted, not read.
    pub(crate) stored: bool,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// What is called.
    pub(crate) callee: Expr,
    /// Where the name of the callee stands.
    pub(crate) spot: Spot,
    /// First and last line of the call, 1-based.
    pub(crate) lines: (u32, u32),
    /// Bytes of the call from its first name on.
    pub(crate) whole: Range<usize>,
    /// Bytes of the arguments with their brackets.
    pub(crate) arguments: Range<usize>,
    /// Arguments by place, as names.
    pub(crate) positional: Vec<Argument>,
    /// Arguments by name.
    pub(crate) keywords: Vec<(String, Argument)>,
    /// Whether `*x` stands among them.
    pub(crate) unpacks: bool,
    /// Whether `**x` stands among them.
    pub(crate) unpacks_keywords: bool,
    /// Whether the call is awaited.
    pub(crate) awaited: bool,
    /// Whether its result is used at all: not a statement of its own.
    pub(crate) used: bool,
    /// Whether its result goes somewhere else as it is: returned, yielded, put into a collection, a lambda's result.
    pub(crate) passed_on: bool,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    /// As names.
    pub(crate) value: Expr,
    /// Its bytes; for a keyword from the name on.
    pub(crate) bytes: Range<usize>,
    /// The bytes of the keyword's name.
    pub(crate) name_bytes: Range<usize>,
}

/// An item that is read by a literal key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What it is read from.
    pub(crate) receiver: Expr,
    /// The receiver as written.
    pub(crate) receiver_text: String,
    /// The key.
    pub(crate) key: String,
    /// Where the key stands, with its quotes.
    pub(crate) spot: Spot,
    /// Whether it is set or deleted, not read.
    pub(crate) stored: bool,
}

/// A dictionary that is written out and bound to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The name.
    pub(crate) name: String,
    /// Index of the scope that binds it.
    pub(crate) scope: usize,
    /// 1-based line of the binding.
    pub(crate) line: u32,
    /// Its keys that are plain texts.
    pub(crate) keys: Vec<String>,
    /// Whether these are all of its keys: none is computed or comes from another dictionary.
    pub(crate) whole: bool,
}

/// An awaited expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Awaited {
    /// What is awaited.
    pub(crate) value: Expr,
    /// Bytes of the word `await` with the space behind it.
    pub(crate) word: Range<usize>,
    /// Where.
    pub(crate) spot: Spot,
}

/// A text constant that looks like a path or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text without quotes.
    pub(crate) value: String,
    /// Where.
    pub(crate) spot: Spot,
}

/// All of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The text.
    pub(crate) source: String,
    /// Bytes at which lines begin.
    pub(crate) line_starts: Vec<usize>,
    /// Imports in order.
    pub(crate) imports: Vec<Import>,
    /// Scopes; the first is the file.
    pub(crate) scopes: Vec<Scope>,
    /// Names that are read.
    pub(crate) loads: Vec<Load>,
    /// Attributes.
    pub(crate) accesses: Vec<Access>,
    /// Calls.
    pub(crate) calls: Vec<Call>,
    /// Items by literal key.
    pub(crate) items: Vec<Item>,
    /// The last names of what is changed by a computed key: `x` of `x[key] = 1`.
    pub(crate) changed_by_key: BTreeSet<String>,
    /// Dictionaries that are written out.
    pub(crate) tables: Vec<Table>,
    /// Awaited expressions.
    pub(crate) awaits: Vec<Awaited>,
    /// Text constants.
    pub(crate) texts: Vec<Text>,
    /// Lines that could not be parsed, first and last.
    pub(crate) damage: Vec<(u32, u32)>,
    /// Whether annotations are not run: `from __future__ import annotations`.
    pub(crate) lazy_annotations: bool,
}

impl Facts {
    /// Returns a line as it stands, without its end; 1-based.
    pub(crate) fn line(&self, line: u32) -> &str {
        let at = line.saturating_sub(1) as usize;
        let Some(&start) = self.line_starts.get(at) else { return "" };
        let end = self.line_starts.get(at + 1).copied().unwrap_or(self.source.len());
        self.source[start..end].trim_end_matches(['\n', '\r'])
    }

    /// Returns the bytes as text.
    pub(crate) fn text(&self, bytes: &Range<usize>) -> &str {
        self.source.get(bytes.clone()).unwrap_or("")
    }

    /// Returns the line in which a byte stands, 1-based.
    pub(crate) fn line_of(&self, byte: usize) -> u32 {
        self.line_starts.partition_point(|start| *start <= byte) as u32
    }

    /// Returns the name of a scope without comprehensions and lambdas.
    pub(crate) fn scope_name(&self, scope: usize) -> &str {
        self.scopes.get(scope).map_or("", |scope| scope.qualname.as_str())
    }

    /// Returns the bindings of a name at the top of the file that run.
    pub(crate) fn top(&self, name: &str) -> Vec<&Binding> {
        let bindings = self.scopes.first().and_then(|scope| scope.bindings.get(name));
        bindings.map(|all| all.iter().filter(|one| !one.type_only).collect()).unwrap_or_default()
    }
}
