//! The tables, in Markdown.

use super::{Figures, Idle, Row, Start, Talked};
use crate::{scenario::Scenario, stats::Spread, target::Target};

/// The table of a scenario.
pub(crate) fn table(scenario: Scenario, rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.scenario == scenario).collect();
    let mut lines = vec![format!("### {}\n", scenario.title())];
    let mut notes = Vec::new();
    for row in &rows {
        match &row.figures {
            Figures::Talked(talked) => {
                head(&mut lines, &TALKED);
                lines.push(talked_line(row.target, talked, floor(row.target, &rows)));
                notes.extend(faults(row.target, talked));
            }
            Figures::Start(start) => {
                head(&mut lines, &["server", "new database, ms", "existing database, ms", "RSS, MB"]);
                lines.push(start_line(row.target, start));
            }
            Figures::Idle(idle) => {
                head(&mut lines, &IDLE);
                lines.push(idle_line(row.target, idle));
            }
        }
    }
    lines.extend(notes);
    lines.join("\n") + "\n"
}

const TALKED: [&str; 12] = [
    "server",
    "tokens/s",
    "of F3",
    "CPU ms / 1,000",
    "× F3",
    "added ms p50 / p99 / max",
    "first token ms p50 / p99",
    "events / token",
    "peak RSS, MB",
    "RSS KB / conversation",
    "foreign cores",
    "failed",
];
const IDLE: [&str; 5] = ["server", "sessions", "RSS at start, MB", "RSS idle, MB", "KB / session (before put away)"];

/// Only before the first row.
fn head(lines: &mut Vec<String>, names: &[&str]) {
    if lines.len() == 1 {
        lines.push(format!("| {} |", names.join(" | ")));
        lines.push(format!("|---|{}", "---:|".repeat(names.len() - 1)));
    }
}

fn floor<'a>(target: Target, rows: &[&'a Row]) -> Option<&'a Talked> {
    let floor = target.floor()?;
    rows.iter().find(|row| row.target == floor).and_then(|row| match &row.figures {
        Figures::Talked(talked) => Some(talked),
        _ => None,
    })
}

fn talked_line(target: Target, talked: &Talked, floor: Option<&Talked>) -> String {
    let ratio = |of: fn(&Talked) -> f64| match floor {
        Some(floor) => format!("{:.2}", of(talked) / of(floor)),
        None => String::new(),
    };
    let cells = [
        target.name().to_owned(),
        format!("{:.0}", talked.tokens_per_second),
        ratio(|talked| talked.tokens_per_second),
        format!("{:.1}", talked.cpu_ms_per_1000),
        ratio(|talked| talked.cpu_ms_per_1000),
        spread(talked.added_ms, true),
        spread(talked.first_token_ms, false),
        format!("{:.2}", talked.events_per_token),
        megabytes(talked.rss_peak_kib),
        format!("{:.1}", talked.rss_kib_per_conversation),
        format!("{:.2}", talked.foreign_cores),
        talked.failed.to_string(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn start_line(target: Target, start: &Start) -> String {
    let (new, existing, rss) = (start.new_database_ms, start.existing_database_ms, megabytes(start.rss_kib));
    format!("| {} | {new:.0} | {existing:.0} | {rss} |", target.name())
}

fn idle_line(target: Target, idle: &Idle) -> String {
    let cells = [
        target.name().to_owned(),
        idle.sessions.to_string(),
        megabytes(idle.rss_start_kib),
        megabytes(idle.rss_kib),
        format!("{:.1} ({:.1})", idle.kib_per_session(idle.rss_kib), idle.kib_per_session(idle.rss_talked_kib)),
    ];
    format!("| {} |", cells.join(" | "))
}

fn faults(target: Target, talked: &Talked) -> impl Iterator<Item = String> + '_ {
    talked.faults.iter().map(move |fault| format!("{}: {fault}", target.name()))
}

fn spread(spread: Option<Spread>, with_max: bool) -> String {
    let Some(Spread { p50, p99, max }) = spread else { return "–".to_owned() };
    if with_max { format!("{p50:.2} / {p99:.2} / {max:.1}") } else { format!("{p50:.1} / {p99:.1}") }
}

fn megabytes(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}
