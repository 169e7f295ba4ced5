//! A tool that looks at the photos of a card: what they are, how good they are, and which of them are the same.
//!
//! What cannot be measured is an answer with a code, never an error of the call: in a card of ten photos nine good ones
//! are told although the tenth is a page that asks to sign in.

pub mod analysis;
mod arguments;
mod content;
mod decode;
mod failure;
mod gif;
mod jpeg;
mod light;
mod likeness;
mod report;
pub mod rules;
mod sharpness;
mod spec;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

pub use self::{
    analysis::{Analysis, analyse},
    content::Format,
    failure::ImageFailure,
    light::{Background, Exposure},
    likeness::{Duplicate, Fingerprint, duplicates},
    rules::{Finding, Severity},
};
use self::{
    arguments::{Source, decoded, sources},
    report::report,
};
use super::{
    Tool, ToolContext, ToolError, ToolSpec,
    http::{Downloader, DownloaderConfig, HttpToolError, Resolver, SystemResolver},
};

/// Images that are decoded at once in this process, whoever asked. Each takes up to about 400 MB where its file is made
/// to cost (a progressive JPEG of all pixels that are taken), and a few MB where it is an ordinary photo.
static DECODES: Semaphore = Semaphore::const_new(2);
/// Files of one call that come in at once, and so are held in memory.
const DOWNLOADS_MAX: usize = 4;

/// How an image tool is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageAnalysisConfig {
    /// Where files may come from, and how long they may be.
    pub downloads: DownloaderConfig,
    /// How long a call may take in all. Three quarters of it are for downloads.
    pub time_max: Duration,
    /// What models read of it, in place of its own words.
    pub description: Option<String>,
}

/// The tool.
#[derive(Debug)]
pub struct ImageAnalysis {
    spec: ToolSpec,
    downloader: Downloader,
    bytes_max: usize,
    time_max: Duration,
}

impl ImageAnalysis {
    /// A tool of this name that asks the machine's own resolver. A default `rustls` provider must be installed before.
    ///
    /// # Errors
    /// [`HttpToolError::Client`].
    pub fn new(name: &str, config: ImageAnalysisConfig) -> Result<Self, HttpToolError> {
        Self::with_resolver(name, config, Arc::new(SystemResolver))
    }

    /// A tool that asks another resolver.
    ///
    /// # Errors
    /// [`HttpToolError::Client`].
    pub fn with_resolver(
        name: &str,
        config: ImageAnalysisConfig,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, HttpToolError> {
        let spec = spec::spec(name, &config);
        let bytes_max = config.downloads.bytes_max;
        let downloader = Downloader::with_resolver(config.downloads, resolver)?;
        Ok(Self { spec, downloader, bytes_max, time_max: config.time_max })
    }

    /// Measures one image.
    async fn look(&self, source: &Source, downloads_until: (Instant, Duration)) -> Result<Analysis, ImageFailure> {
        let bytes = match source {
            Source::Data(text) => decoded(text, self.bytes_max)?,
            Source::Url(url) => match timeout_at(downloads_until.0, self.downloader.get(url)).await {
                Ok(downloaded) => downloaded?,
                Err(_) => return Err(ImageFailure::TimedOut(downloads_until.1)),
            },
        };
        analyse_aside(bytes).await
    }
}

/// Measures on a thread that may be busy for a while. Work whose caller is gone does not begin; what has begun goes on to
/// its end, which its bounds bring near, and keeps its permit until then.
async fn analyse_aside(bytes: Vec<u8>) -> Result<Analysis, ImageFailure> {
    // Never closed.
    let permit = DECODES.acquire().await.map_err(|_| ImageFailure::DecoderFailed)?;
    let gone = CancellationToken::new();
    let _gone_when_dropped = gone.clone().drop_guard();
    let work = move || {
        let _permit = permit;
        if gone.is_cancelled() { Err(ImageFailure::DecoderFailed) } else { analyse(&bytes) }
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ImageFailure::DecoderFailed))
}

#[async_trait]
impl Tool for ImageAnalysis {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<Value, ToolError> {
        let sources = sources(&arguments)?;
        let time_max = self.time_max.min(context.time_max);
        let for_downloads = time_max / 4 * 3;
        let downloads_until = (Instant::now() + for_downloads, for_downloads);
        let looks: Vec<_> = sources.iter().map(|source| self.look(source, downloads_until)).collect();
        let looks = stream::iter(looks).buffered(DOWNLOADS_MAX);
        let looked: Vec<_> =
            tokio::time::timeout(time_max, looks.collect()).await.map_err(|_| ToolError::TimedOut(time_max))?;
        for failure in looked.iter().filter_map(|looked| looked.as_ref().err()) {
            let (agent_id, call_id) = (&context.agent_id, &context.call_id);
            debug!(tool = self.spec.name, %agent_id, %call_id, code = failure.code(), "image not measured");
        }
        Ok(report(&sources, &looked))
    }
}

#[cfg(test)]
mod tests;
