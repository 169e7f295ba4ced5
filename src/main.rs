//! The `switchboard` command.

use std::{
    io::{self, Write, stderr, stdout},
    process::ExitCode,
};

use switchboard::{
    cli::{self, Command, Exit, Reader, ServeOptions},
    config::Config,
};

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(told) => {
            // `--help` and `--version` come this way too; if they can't be printed there is nowhere to say so.
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(Exit::Wrong as u8));
        }
    };
    run(command).unwrap_or(Exit::Failed).into()
}

fn run(command: Command) -> io::Result<Exit> {
    match command {
        Command::Serve(options) => serve(options),
        Command::Check(options) => {
            let reader = Reader::of(&stdout());
            cli::run_check(options.file.as_deref(), cli::environment(), reader, &mut stdout().lock())
        }
        Command::Schema => cli::run_schema(&mut stdout().lock()),
    }
}

fn serve(options: ServeOptions) -> io::Result<Exit> {
    match Config::load(options.config.as_deref(), cli::environment()) {
        Ok(loaded) => {
            writeln!(stderr().lock(), "{}", cli::summary(&loaded))?;
            Ok(Exit::Done)
        }
        Err(errors) => {
            cli::write_errors(&errors, Reader::of(&stderr()), &mut stderr().lock())?;
            Ok(Exit::Wrong)
        }
    }
}
