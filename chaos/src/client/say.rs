//! Saying things by HTTP: each message again and again with the same id, until it is answered.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Client, RETRY_AFTER};
use crate::{
    checker::evidence::Note,
    plan::Message,
    world::{Diary, World},
};

/// Says everything; copies of a message at once.
pub(super) async fn all(client: Client) {
    for message in &client.plan.messages {
        tokio::time::sleep(message.after).await;
        cancel_later(&client, message);
        let copies = (0..message.copies).map(|_| until_answered(&client, message));
        futures::future::join_all(copies).await;
    }
    client.world.one_is_done();
}

/// Cancels it in its time, if its plan says so. Whatever is answered: it is the turn that counts.
pub(super) fn cancel_later(client: &Client, message: &Message) {
    let Some(after) = message.cancel_after else { return };
    let world = Arc::clone(&client.world);
    let url = world.conversation(client.talk, "/cancel");
    let body = json!({ "clientMessageId": message.id });
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        world.http.post(url).json(&body).send().await.ok();
    });
}

async fn until_answered(client: &Client, message: &Message) {
    let url = client.world.conversation(client.talk, "/messages");
    let body = json!({ "clientMessageId": message.id, "content": message.content, "policy": message.policy });
    while !client.world.is_over() {
        let Ok(answer) = client.world.http.post(&url).json(&body).send().await else {
            tokio::time::sleep(RETRY_AFTER).await;
            continue;
        };
        let status = answer.status();
        // An answer that is cut is no answer.
        let Ok(text) = answer.text().await else { continue };
        client.diary.heard(&text);
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if status == StatusCode::ACCEPTED {
            return acked(&client.diary, message, &answer);
        }
        if is_final(&client.world, message, &answer) {
            return;
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

/// Notes an acknowledgement.
pub(super) fn acked(diary: &Diary, message: &Message, answer: &Value) {
    diary.note(Note::Acked {
        id: message.id.to_string(),
        content: message.content.clone(),
        turn: answer["turnId"].as_str().unwrap_or_default().to_owned(),
        seq: answer["seq"].as_i64().unwrap_or_default(),
        epoch: answer["epoch"].as_str().unwrap_or_default().to_owned(),
    });
}

/// Whether a refusal is for good: then it must be one that the message asked for.
pub(super) fn is_final(world: &World, message: &Message, refusal: &Value) -> bool {
    match refusal["code"].as_str().unwrap_or_default() {
        "turn_running" if message.policy == "reject" => true,
        // What was cut on the way has no code; a panic at a fail point answers `internal`.
        "storage_unavailable" | "draining" | "busy" | "rate_limited" | "" | "internal" => false,
        _ => {
            world.complain(format!("the message {} was refused with {refusal}", message.id));
            true
        }
    }
}
