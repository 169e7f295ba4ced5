//! The tables, in Markdown.

use super::{Deaf, Figures, Idle, Row, Start, Stepped, Talked, Timed};
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
                lines.push(talked_line(row.target, talked, floors(row.target, &rows)));
                notes.extend(faults(row.target, talked));
            }
            Figures::Start(start) => {
                head(&mut lines, &["server", "new database, ms", "existing database, ms", "RSS, MB"]);
                lines.push(start_line(row.target, start));
            }
            Figures::Timed(timed) => {
                head(&mut lines, &["server", "times", "ms p50 / p99 / max", "failed"]);
                lines.push(timed_line(row.target, timed));
                notes.extend(timed.faults.iter().map(|fault| format!("{}: {fault}", row.target.name())));
            }
            Figures::Deaf(deaf) => {
                head(&mut lines, &DEAF);
                lines.push(deaf_line(row.target, deaf));
                let all = deaf.faults.iter().chain(&deaf.until_closed.faults);
                notes.extend(all.map(|fault| format!("{}: {fault}", row.target.name())));
            }
            Figures::Stepped(stepped) => {
                head(&mut lines, &STEPPED);
                lines.push(stepped_line(row.target, stepped));
                notes.extend(stepped.turn.faults.iter().map(|fault| format!("{}: {fault}", row.target.name())));
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

const TALKED: [&str; 13] = [
    "server",
    "tokens/s",
    "of F1 / F2 / F3",
    "events/s",
    "CPU ms / 1,000",
    "× F1 / F2 / F3",
    "added ms p50 / p99 / max",
    "× F3 p50 / p99",
    "first token ms p50 / p99",
    "events / token",
    "peak RSS, MB",
    "foreign cores",
    "failed",
];
const DEAF: [&str; 9] = [
    "server",
    "deaf clients",
    "added ms p50 / p99 / max without them",
    "with them",
    "p99 with / without",
    "CPU ms / 1,000 without / with",
    "s until closed p50 / p99 / max",
    "KiB / deaf client",
    "failed",
];
const STEPPED: [&str; 7] =
    ["server", "runs × steps", "seconds for all", "steps/s", "CPU ms / step", "turn ms p50 / p99 / max", "failed"];
const IDLE: [&str; 6] = [
    "server",
    "sessions",
    "RSS at start, MB",
    "RSS live, MB",
    "KB / session, conversation live",
    "KB / session, conversation put away",
];

/// Only before the first row.
fn head(lines: &mut Vec<String>, names: &[&str]) {
    if lines.len() == 1 {
        lines.push(format!("| {} |", names.join(" | ")));
        lines.push(format!("|---|{}", "---:|".repeat(names.len() - 1)));
    }
}

/// F1, F2 and F3 of the same run, as far as they were measured; none where the target is a floor itself.
type Floors<'a> = Option<[Option<&'a Talked>; 3]>;

fn floors<'a>(target: Target, rows: &[&'a Row]) -> Floors<'a> {
    let talked = |floor| {
        rows.iter().find(|row| row.target == floor).and_then(|row| match &row.figures {
            Figures::Talked(talked) => Some(talked),
            _ => None,
        })
    };
    Some(target.floors()?.map(talked))
}

/// A figure against that of each floor.
fn ratios(talked: &Talked, floors: Floors<'_>, figure: fn(&Talked) -> f64) -> String {
    let ratio = |floor: Option<&Talked>| floor.map(|floor| figure(talked) / figure(floor));
    floors.map_or_else(String::new, |floors| joined(&floors.map(ratio)))
}

/// The added latency against that of F3.
fn added(talked: &Talked, floors: Floors<'_>) -> String {
    let Some([_, _, f3]) = floors else { return String::new() };
    let ratio = |part: fn(Spread) -> f64| Some(part(talked.added_ms?) / part(f3?.added_ms?));
    joined(&[ratio(|spread| spread.p50), ratio(|spread| spread.p99)])
}

fn joined(ratios: &[Option<f64>]) -> String {
    let ratio = |ratio: &Option<f64>| ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    ratios.iter().map(ratio).collect::<Vec<_>>().join(" / ")
}

fn talked_line(target: Target, talked: &Talked, floors: Floors<'_>) -> String {
    let cells = [
        target.name().to_owned(),
        format!("{:.0}", talked.tokens_per_second),
        ratios(talked, floors, |talked| talked.tokens_per_second),
        format!("{:.0}", talked.events_per_second),
        format!("{:.1}", talked.cpu_ms_per_1000),
        ratios(talked, floors, |talked| talked.cpu_ms_per_1000),
        spread(talked.added_ms, true),
        added(talked, floors),
        spread(talked.first_token_ms, false),
        format!("{:.2}", talked.events_per_token),
        megabytes(talked.rss_peak_kib),
        format!("{:.2}", talked.foreign_cores),
        talked.failed.to_string(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn start_line(target: Target, start: &Start) -> String {
    let (new, existing, rss) = (start.new_database_ms, start.existing_database_ms, megabytes(start.rss_kib));
    format!("| {} | {new:.0} | {existing:.0} | {rss} |", target.name())
}

fn timed_line(target: Target, timed: &Timed) -> String {
    format!("| {} | {} | {} | {} |", target.name(), timed.count, spread(timed.ms, true), timed.failed)
}

fn deaf_line(target: Target, deaf: &Deaf) -> String {
    let seconds = |Spread { p50, p99, max }| Spread { p50: p50 / 1000.0, p99: p99 / 1000.0, max: max / 1000.0 };
    let cells = [
        target.name().to_owned(),
        deaf.clients.to_string(),
        spread(deaf.without.added_ms, true),
        spread(deaf.with.added_ms, true),
        joined(&[deaf.p99_ratio]),
        format!("{:.1} / {:.1}", deaf.without.cpu_ms_per_1000, deaf.with.cpu_ms_per_1000),
        spread(deaf.until_closed.ms.map(seconds), true),
        (deaf.bytes_each / 1024).to_string(),
        deaf.failed.to_string(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn stepped_line(target: Target, stepped: &Stepped) -> String {
    let cells = [
        target.name().to_owned(),
        format!("{} × {}", stepped.runs, stepped.steps),
        format!("{:.2}", stepped.seconds),
        format!("{:.0}", stepped.steps_per_second),
        format!("{:.3}", stepped.cpu_ms_per_step),
        spread(stepped.turn.ms, true),
        stepped.turn.failed.to_string(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn idle_line(target: Target, idle: &Idle) -> String {
    let cells = [
        target.name().to_owned(),
        idle.sessions.to_string(),
        megabytes(idle.rss_start_kib),
        megabytes(idle.rss_live_kib),
        format!("{:.1}", idle.kib_per_session(idle.rss_live_kib)),
        format!("{:.1}", idle.kib_per_session(idle.rss_put_away_kib)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Rounds;
    use crate::report::Shared;

    /// With twice the CPU and the latency, half the tokens in the same time.
    fn row(target: Target, slower: u64) -> Row {
        let rounds = Rounds {
            count: 1,
            tokens: 1_000 / slower,
            events: 500,
            seconds: 1.0,
            cpu_seconds: 1.0,
            late_micros: vec![1_000 * slower],
            ..Rounds::default()
        };
        let shared = Shared { others_cpu_seconds: 0.0, foreign_cores: 0.0 };
        Row { scenario: Scenario::Flood, target, figures: Figures::Talked(Talked::of(rounds, 0, &shared)) }
    }

    #[track_caller]
    fn cells(rows: &[Row], name: &str) -> Vec<String> {
        let table = table(Scenario::Flood, rows);
        let line = table.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn ours_stands_beside_each_floor_that_was_measured_and_a_floor_beside_none() {
        let rows = [row(Target::F1, 1), row(Target::F3Full, 2), row(Target::SqliteFull, 4)];
        let ours = cells(&rows, "ours, SQLite FULL");
        assert_eq!(ours.len(), TALKED.len());
        assert_eq!((ours[1].as_str(), ours[2].as_str(), ours[3].as_str()), ("250", "0.25 / – / 0.50", "500"));
        assert_eq!((ours[5].as_str(), ours[7].as_str()), ("4.00 / – / 2.00", "2.00 / 2.00"));
        let floor = cells(&rows, "F1");
        assert_eq!((floor[2].as_str(), floor[5].as_str(), floor[7].as_str()), ("", "", ""));
    }
}
