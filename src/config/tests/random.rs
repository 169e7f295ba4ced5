use proptest::prelude::*;

use super::super::{Config, DEFAULT_CONFIG, Source};

fn survives(text: &str, environment: Vec<(String, String)>) {
    if let Err(errors) = Config::from_text(text, Source::BuiltIn, environment.into_iter()) {
        assert!(!errors.findings().is_empty());
        let _ = errors.render(false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        survives(&String::from_utf8_lossy(&bytes), Vec::new());
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
}
