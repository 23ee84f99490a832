//! The command line: arguments, settings and output around the core.
//! Leaves out every decision about logs: commands call the stages left to right and print.

mod archive;
mod arguments;
mod audit;
mod audit_commands;
mod audit_plan;
mod audit_window;
mod baseline;
mod catalog;
mod cause;
mod check_arguments;
mod checkout;
mod cloud;
mod code_arguments;
mod daemon;
mod difference;
mod doctor;
mod draft;
mod failure;
mod fetch;
mod history;
mod incidents;
mod input;
mod limits;
mod lint;
mod live;
mod locks;
mod manifest;
mod memory_arguments;
mod notify;
mod owner;
mod parse;
mod part;
mod pattern_arguments;
mod patterns;
mod print;
mod progress;
mod reasons;
mod redact;
mod render;
mod resolve;
mod same;
mod settings;
mod silence;
mod tail;
mod templates;
mod tracker;
mod triage;
mod usage;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use arguments::Arguments;
use arguments::{Command, IssueArguments, ReportArguments, TriageArguments};
use failure::{Exit, Failure};

/// Runs the command line and returns its exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            return ExitCode::from(usage::explain(&error) as u8);
        }
    };
    match dispatch(arguments.command) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            print::note(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Returns what is wrong with the text of a `log-gardener.toml`, with line and column, if anything is.
pub fn check_settings(text: &str) -> Result<(), String> {
    let settings = settings::Settings::parse(text)?;
    // What is made of them must not fail either.
    let _ = (settings.policy(), settings.rhythm(), settings.labels());
    Ok(())
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Triage(TriageArguments { input, .. })
        | Command::Report(ReportArguments { input, .. })
        | Command::Issue(IssueArguments { input, .. })
            if input.cloud.explain_filter =>
        {
            cloud::explain(&input)
        }
        Command::Triage(arguments) => triage::run(arguments),
        Command::Report(arguments) => render::report(arguments),
        Command::Issue(arguments) => render::issue(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Lint(arguments) => lint::run(arguments),
        Command::Tail(arguments) if arguments.cloud.explain_filter => live::explain(&arguments),
        Command::Tail(arguments) => tail::run(arguments),
        Command::Fetch(arguments) => fetch::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Incidents(command) => incidents::run(command),
        Command::Why(arguments) if arguments.input.sources.is_empty() => incidents::why(&arguments),
        Command::Why(arguments) => reasons::why(&arguments.input, &arguments.id, arguments.format),
        Command::WhyNot(arguments) => reasons::why_not(&arguments),
        Command::WhyIssue(arguments) => incidents::why_issue(&arguments),
        Command::Silence(command) => silence::run(command),
        Command::Locks(command) => locks::run(command),
        Command::Resolve(arguments) => resolve::run(arguments),
        Command::Parse(arguments) => parse::run(arguments),
        Command::Templates(arguments) => templates::run(arguments),
        Command::Same(arguments) => same::run(arguments),
        Command::Redact(arguments) => redact::run(arguments),
        Command::Patterns(arguments) => patterns::run(arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "log-gardener", &mut script);
            print::bytes(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(|error| Failure::new(Exit::Publish, "cannot write the manual page").because(error))?;
            print::bytes(&page)
        }
    }
}
