//! Following an event stream, as `EventSource` does: each time from the last id.

use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use super::{Client, IDLE_MAX, RETRY_AFTER};
use crate::checker::evidence::Note;

/// Follows until the run is over.
pub(super) async fn follow(client: Client) {
    let mut left = 0;
    while !client.world.is_over() {
        let place = client.diary.place();
        let mut request = client.world.streams.get(format!("{}/api/stream/{}", client.world.url, client.talk));
        if let Some(place) = &place {
            request = request.header("last-event-id", format!("{}:{}", place.epoch, place.seq));
        }
        if let Ok(Ok(response)) = timeout(IDLE_MAX, request.send()).await
            && response.status() == StatusCode::OK
        {
            client.diary.note(Note::Joined { after: place.map_or(0, |place| place.seq) });
            tokio::select! {
                () = read(&client, response, left) => left += 1,
                () = client.world.over() => return,
            }
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn read(client: &Client, mut response: Response, left: usize) {
    let (mut rest, mut events) = (Vec::new(), 0);
    while let Ok(Ok(Some(bytes))) = timeout(IDLE_MAX, response.chunk()).await {
        rest.extend_from_slice(&bytes);
        // Whole events alone: what is cut was not seen.
        while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = rest.drain(..end + 2).collect();
            match take(client, &String::from_utf8_lossy(&event)) {
                Taken::Event => events += 1,
                Taken::Nothing => {}
                Taken::Reset => return,
            }
        }
        if client.leaves(events, left) {
            return;
        }
    }
}

/// What came.
enum Taken {
    /// One of the log.
    Event,
    /// Nothing that counts.
    Nothing,
    /// What was seen before is of another history: from the beginning, on another connection.
    Reset,
}

/// Notes an event.
fn take(client: &Client, text: &str) -> Taken {
    client.diary.heard(text);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let Some(data) = field("data: ") else { return Taken::Nothing };
    if field("event: ") == Some("reset") {
        client.diary.note(Note::Lost { reason: data.to_owned() });
        return Taken::Reset;
    }
    let place = field("id: ").and_then(|id| id.rsplit_once(':'));
    let Some((epoch, seq)) = place.and_then(|(epoch, seq)| Some((epoch, seq.parse().ok()?))) else {
        return Taken::Nothing;
    };
    client.diary.note(Note::Saw { epoch: epoch.to_owned(), seq, bytes: data.to_owned() });
    Taken::Event
}
