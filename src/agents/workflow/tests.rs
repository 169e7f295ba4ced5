//! What the integration tests of workflows do not see: the words of the server, and the bounds.

use serde_json::json;

use super::words;

#[test]
fn the_server_speaks_the_language_of_the_user() {
    assert!(words::stopped(&json!({ "language": "ru" })).starts_with("Хорошо"));
    assert!(words::stopped(&json!({ "language": "en" })).starts_with("All right"));
    assert!(words::undecided(&json!({})).contains("approve or reject"));
}

#[test]
fn a_whole_message_says_to_stop() {
    for (message, stops) in [("Отмена!", true), (" stop ", true), ("stop the music", false), ("500", false)] {
        assert_eq!(words::is_stop(message), stops, "{message}");
    }
}
