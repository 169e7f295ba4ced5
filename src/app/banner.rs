//! What an operator sees when the server is up: where it listens, who answers, how to administer.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::{Running, Services};
use crate::{agent::catalog::AgentState, config::Loaded};

/// Prints it on standard output; the last line says `ready`.
pub(super) fn print(loaded: &Loaded, running: &Running, services: &Services, token: Option<PathBuf>, database: &str) {
    let mut out = std::io::stdout().lock();
    // A closed standard output must not keep the server from serving.
    write_to(&mut out, loaded, running, services, token.as_deref(), database).and_then(|()| out.flush()).ok();
}

fn write_to(
    out: &mut impl Write,
    loaded: &Loaded,
    running: &Running,
    services: &Services,
    token: Option<&Path>,
    database: &str,
) -> std::io::Result<()> {
    let url = format!("http://{}", running.address);
    writeln!(out, "switchboard {} listens on {url}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  config    {}", loaded.source)?;
    writeln!(out, "  database  {database}")?;
    writeln!(out, "  context   {}", loaded.config.context.url)?;
    if let Some(sandbox) = services.sandbox() {
        writeln!(out, "  sandbox   {sandbox}")?;
    }
    writeln!(out, "  agents")?;
    for slot in running.hub.catalog.slots() {
        let card = slot.card();
        let state = if slot.state() == AgentState::Running { "" } else { "  (disabled)" };
        writeln!(out, "    {:<20} {:<10} {}{state}", slot.id().as_str(), card.kind, card.description)?;
    }
    match token {
        Some(path) => writeln!(out, "  admin     the token is in {}", path.display())?,
        None => writeln!(out, "  admin     the token is the one of `admin.token`")?,
    }
    writeln!(
        out,
        "  try       curl -s '{url}/api/conversations/'$(cat /proc/sys/kernel/random/uuid)'/messages?wait=true' \\"
    )?;
    writeln!(out, "              -H 'content-type: application/json' -d '{{\"content\":\"What can you do?\"}}'")?;
    writeln!(out, "  docs      {url}/docs/")?;
    writeln!(out, "ready")
}
