//! The `switchboard` command.

use std::{
    io::{self, StdoutLock, Write, stderr, stdout},
    path::Path,
    process::ExitCode,
};

use switchboard::{
    app::{self, RestoreError, SandboxSettings, Stopped},
    cli::{self, Command, Exit, Reader, SandboxOptions, ServeOptions},
    config::Config,
};

/// Smaller and faster under many small allocations than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    use_small_pages();
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(told) => {
            // `--help` and `--version` come this way too; if they can't be printed there is nowhere to say so.
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(Exit::Wrong as u8));
        }
    };
    run(command).unwrap_or_else(|_| Exit::Failed.into())
}

/// Linux may back the allocator's arena with pages of 2 MiB, of which a server that idles touches a little each: 58 MB at
/// the start instead of 31 MB, and a third more for each idle session.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    // A kernel without huge pages has nothing to switch off.
    rustix::thread::disable_transparent_huge_pages(true).ok();
}

fn run(command: Command) -> io::Result<ExitCode> {
    match command {
        Command::Serve(options) => serve(options),
        Command::Check(options) => {
            let reader = Reader::of(&stdout());
            cli::run_check(options.file.as_deref(), cli::environment(), reader, &mut stdout().lock()).map(Into::into)
        }
        Command::Schema => cli::run_schema(&mut stdout().lock()).map(Into::into),
        Command::Graph(options) => {
            let (told, reader) = (stderr(), Reader::of(&stderr()));
            cli::run_graph(&options, cli::environment(), reader, &mut stdout().lock(), &mut told.lock()).map(Into::into)
        }
        Command::Sandbox(options) => sandbox(&options),
        Command::Backup(options) => {
            on_database(&options.of, |config, data, out| app::run_backup(config, data, &options.file, out))
        }
        Command::Restore(options) => on_database(&options.of, |config, data, out| match &options.file {
            Some(file) => app::run_restore(config, data, file, out),
            None => app::run_epochs(config, data, out),
        }),
    }
}

/// Reads the config and does something with its database that needs no server.
fn on_database(
    of: &ServeOptions,
    work: impl FnOnce(&Config, &Path, &mut StdoutLock<'static>) -> Result<(), RestoreError>,
) -> io::Result<ExitCode> {
    let loaded = match Config::load(of.config.as_deref(), cli::environment()) {
        Ok(loaded) => loaded,
        Err(errors) => {
            cli::write_errors(&errors, Reader::of(&stderr()), &mut stderr().lock())?;
            return Ok(Exit::Wrong.into());
        }
    };
    Ok(match work(&loaded.config, &of.data, &mut stdout().lock()) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            writeln!(stderr().lock(), "switchboard did nothing: {error}")?;
            ExitCode::from(error.exit_code())
        }
    })
}

fn sandbox(options: &SandboxOptions) -> io::Result<ExitCode> {
    let SandboxOptions { port, seed, limit_interval_percent, work_delay } = *options;
    let settings = SandboxSettings { port, seed, limit_interval_percent, work_delay: work_delay.get() };
    Ok(match app::run_sandbox(settings, &mut stdout()) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            writeln!(stderr().lock(), "{error}")?;
            ExitCode::from(error.exit_code())
        }
    })
}

fn serve(options: ServeOptions) -> io::Result<ExitCode> {
    let loaded = match Config::load(options.config.as_deref(), cli::environment()) {
        Ok(loaded) => loaded,
        Err(errors) => {
            cli::write_errors(&errors, Reader::of(&stderr()), &mut stderr().lock())?;
            return Ok(Exit::Wrong.into());
        }
    };
    for warning in &loaded.warnings {
        writeln!(stderr().lock(), "warning: {}", warning.line(&loaded.source.to_string()))?;
    }
    Ok(match app::serve(loaded, &options.data) {
        Ok(Stopped::Drained) => Exit::Done.into(),
        // As if the second signal had done it: 128 + SIGTERM.
        Ok(Stopped::AtOnce) => ExitCode::from(143),
        Ok(Stopped::Fatal) => ExitCode::from(70),
        Ok(Stopped::Unstored) => ExitCode::from(74),
        Err(error) => {
            writeln!(stderr().lock(), "switchboard does not start: {error}")?;
            ExitCode::from(error.exit_code())
        }
    })
}
