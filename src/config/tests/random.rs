//! No text makes the loader panic.

use proptest::prelude::*;

use super::super::{Config, DEFAULT_CONFIG, Source};

fn survives(text: &str, environment: Vec<(String, String)>) {
    if let Err(errors) = Config::from_text(text, Source::BuiltIn, environment.into_iter()) {
        assert!(!errors.findings().is_empty());
        let _ = errors.render(false);
        // The types must not refuse what the checks let pass.
        assert!(!errors.to_string().contains("must be readable"), "{errors}\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        survives(&String::from_utf8_lossy(&bytes), Vec::new());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let _ = Config::load(Some(file.path()), std::iter::empty());
    }

    #[test]
    fn random_yaml_never_panics(text in "[a-z0-9 :\n\\-\\[\\]{},&*!|>'\"#%@`~?\tё]{0,200}") {
        survives(&text, Vec::new());
    }

    #[test]
    fn a_default_with_a_piece_changed_never_panics(at in 0..DEFAULT_CONFIG.len(), cut in 0usize..40, piece in "[ -~\n]{0,8}") {
        let from = DEFAULT_CONFIG.floor_char_boundary(at);
        let to = DEFAULT_CONFIG.floor_char_boundary((at + cut).min(DEFAULT_CONFIG.len())).max(from);
        survives(&format!("{}{piece}{}", &DEFAULT_CONFIG[..from], &DEFAULT_CONFIG[to..]), Vec::new());
    }

    #[test]
    fn a_random_environment_never_panics(name in "SWITCHBOARD_[A-Z_0-9]{1,30}", value in "\\PC{0,60}") {
        survives(DEFAULT_CONFIG, vec![(name, value)]);
    }

    #[test]
    fn what_the_checks_let_pass_the_types_take(section in "server|limits|database|context|supervision|routing|admin|tools|models", value in "[0-9]{1,12}|-?[0-9]\\.[0-9]|[0-9]{1,4}(ms|s|m|h|d|B|KB|KiB|MB|MiB)|true|[a-z:/]{1,9}|\\[\\]|\\{\\}", at in 0usize..40) {
        let keys = super::super::schema()["properties"][&section]["properties"].as_object();
        let keys: Vec<&String> = keys.into_iter().flat_map(|keys| keys.keys()).collect();
        let key = keys.get(at % keys.len().max(1)).map_or("calculator", |key| key.as_str());
        survives(&format!("{section}: {{ {key}: {value} }}\n{}", super::AGENTS), Vec::new());
    }
}
