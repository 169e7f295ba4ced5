//! Errors as an operator sees them.

use super::{AGENTS, load};

#[test]
fn a_report_shows_the_line_with_a_mark() {
    let errors = load(&format!("server:\n  port: 70000\nadmin:\n  token: s3cr3t-value\n{AGENTS}"), &[]).unwrap_err();
    let expected = "  × `server.port` must be a whole number between 0 and 65535, got `70000`
   ╭─[c.yaml:2:9]
 1 │ server:
 2 │   port: 70000
   ·         ──┬──
   ·           ╰── here
 3 │ admin:
   ╰────

  × `admin.token` must be env:NAME or file:PATH, so that the config can be shared
   ╭─[c.yaml:4:10]
 3 │ admin:
 4 │   token: ************
   ·          ──────┬─────
   ·                ╰── here
 5 │ agents: [{ id: concierge, kind: concierge }]
   ╰────

";
    assert_eq!(errors.render(false), expected);
}
