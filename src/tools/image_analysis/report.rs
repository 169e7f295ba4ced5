//! The answer of a call, for a model and for a program.

use serde_json::{Value, json};

use super::{
    Analysis, Duplicate, Finding, ImageFailure, Severity,
    arguments::Source,
    likeness::duplicates,
    rules::{findings, repeated},
};

/// The longest link that is repeated, in characters; the number of the image says which one it is.
const URL_CHARS_MAX: usize = 300;

/// What was found of each image, in the order of the arguments, and which of them look the same.
pub(super) fn report(sources: &[Source], looked: &[Result<Analysis, ImageFailure>]) -> Value {
    let fingerprints: Vec<_> = looked.iter().map(|looked| looked.as_ref().ok().map(|it| it.fingerprint)).collect();
    let duplicates = duplicates(&fingerprints);
    let images = sources.iter().zip(looked).enumerate();
    let images: Vec<Value> =
        images.map(|(index, (source, looked))| image(index + 1, source, looked, &duplicates)).collect();
    let accepted = images.iter().filter(|image| image["accepted"] == true).count();
    json!({"images": images, "accepted": accepted, "duplicates": duplicates})
}

fn image(number: usize, source: &Source, looked: &Result<Analysis, ImageFailure>, duplicates: &[Duplicate]) -> Value {
    let mut answer = match looked {
        Ok(analysis) => measured(analysis, duplicates.iter().find(|duplicate| duplicate.second == number)),
        Err(failure) => json!({"accepted": false, "failure": {
            "code": failure.code(),
            "message": failure.to_string(),
            "nextStep": failure.next_step(),
        }}),
    };
    answer["image"] = number.into();
    if let Source::Url(url) = source {
        answer["url"] = url.chars().take(URL_CHARS_MAX).collect::<String>().into();
    }
    answer
}

/// Accepted means that nothing was found for which the marketplace refuses a photo.
fn measured(analysis: &Analysis, duplicate: Option<&Duplicate>) -> Value {
    let findings: Vec<Finding> = findings(analysis).into_iter().chain(duplicate.map(repeated)).collect();
    let is_accepted = findings.iter().all(|finding| finding.severity != Severity::Error);
    json!({"accepted": is_accepted, "measures": analysis, "findings": findings})
}
