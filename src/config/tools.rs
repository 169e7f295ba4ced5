//! The tools that agents may be granted.

use std::{borrow::Cow, collections::BTreeMap, str::FromStr};

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ByteSize, HumanDuration, MarketplaceUrl, Secret, WildberriesOperation, WildberriesTool};

/// A tool that agents may be granted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(from = "ToolFields")]
#[schemars(with = "ToolFields")]
pub struct Tool {
    /// What models read of it; none means the tool's own words.
    pub description: Option<String>,
    /// The time that one call may take.
    pub timeout: HumanDuration,
    /// The longest result; the rest is cut and the result says so.
    pub result_bytes_max: ByteSize,
    /// What it does, with what only that needs.
    pub kind: ToolKind,
}

/// What a tool does.
#[derive(Debug, Clone)]
pub enum ToolKind {
    /// Exact decimal arithmetic.
    Calculator,
    /// Calls HTTP addresses.
    Http(HttpTool),
    /// The seller's side of the Wildberries marketplace.
    Wildberries(WildberriesTool),
    /// Measures the photos of product cards.
    ImageAnalysis(ImageAnalysisTool),
    /// Finds the words that buyers search by.
    KeywordResearch(KeywordResearchTool),
}

/// What the `keyword_research` tool learns from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeywordResearchTool {
    /// The key in `tools` of the marketplace's tool, whose token and limits it goes by; none: only what a call brings.
    pub marketplace: Option<String>,
}

/// Where the `image_analysis` tool takes files from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageAnalysisTool {
    /// As of [`HttpTool`].
    pub hosts_allowed: Vec<String>,
    /// As of [`HttpTool`].
    pub private_addresses_allowed: Vec<AddressRange>,
    /// As of [`HttpTool`].
    pub redirects_max: u32,
    /// The longest file; what is longer is refused while it comes in.
    pub max_size: ByteSize,
}

impl ToolKind {
    /// Whether the tool calls the marketplace in this process.
    pub fn needs_sandbox(&self) -> bool {
        matches!(self, Self::Wildberries(WildberriesTool { base_url: Some(MarketplaceUrl::Sandbox), .. }))
    }
}

/// Where the `http` tool may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTool {
    /// `example.com`, `*.example.com`, either with `:PORT`.
    pub hosts_allowed: Vec<String>,
    /// Private, loopback and link-local ranges that it may reach all the same.
    pub private_addresses_allowed: Vec<AddressRange>,
    /// The methods that it may use.
    pub methods: Vec<HttpMethod>,
    /// How many redirects it follows; each is checked like a first call.
    pub redirects_max: u32,
    /// What a call may change; none is `pure` where it can only GET and HEAD, else `non_idempotent`.
    pub effect: Option<EffectWord>,
}

/// The word for a tool's kind in the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum KindWord {
    Calculator,
    Http,
    ImageAnalysis,
    KeywordResearch,
    WildberriesApi,
}

/// The names of kinds: a tool of such a name needs no `kind`.
pub(super) const KINDS: [&str; 5] = ["calculator", "http", "image_analysis", "keyword_research", "wildberries_api"];
/// Which kinds have a key that not all have.
pub(super) const KEYS_OF_KINDS: [(&str, &[&str]); 13] = [
    ("hosts_allowed", &["http", "image_analysis"]),
    ("private_addresses_allowed", &["http", "image_analysis"]),
    ("redirects_max", &["http", "image_analysis"]),
    ("methods", &["http"]),
    ("effect", &["http"]),
    ("max_size", &["image_analysis"]),
    ("marketplace", &["keyword_research"]),
    ("base_url", &["wildberries_api"]),
    ("token", &["wildberries_api"]),
    ("tokens", &["wildberries_api"]),
    ("operations", &["wildberries_api"]),
    ("wait_max", &["wildberries_api"]),
    ("answer_bytes_max", &["wildberries_api"]),
];

/// A method that the `http` tool may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "each variant is the method of that name")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a call of the `http` tool may change: whether it may be made again when a crash took its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectWord {
    /// Nothing.
    Pure,
    /// The other side does it once for each `Idempotency-Key`.
    Idempotent,
    /// Every call counts.
    NonIdempotent,
}

/// A tool as it stands in the file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ToolFields {
    /// What it does. May be left out where the name of the tool is a kind.
    kind: KindWord,
    /// What models read of it, in place of the tool's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 2000))]
    description: Option<String>,
    /// The time that one call may take.
    #[serde(default = "default_timeout")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "1h" }))]
    timeout: HumanDuration,
    /// The longest result; the rest is cut and the result says so.
    #[serde(default = "default_result_bytes_max")]
    #[schemars(extend("x-size" = { "min": "256B", "max": "16MiB" }))]
    result_bytes_max: ByteSize,
    /// Kinds `http` and `image_analysis`: the hosts that it may call: `example.com`, `*.example.com` for everything under it, either with `:PORT`. Empty: none.
    #[serde(default)]
    #[schemars(
        length(max = 1000),
        extend("items" = {
            "type": "string",
            "pattern": r"^(\*\.)?([a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$",
            "x-expected": "a host in lower case like `api.example.com`, `*.example.com` or `api.example.com:8443`, without scheme and path"
        })
    )]
    hosts_allowed: Vec<String>,
    /// Kinds `http` and `image_analysis`: private, loopback and link-local ranges that it may reach all the same, like `10.1.0.0/16`. Empty: none, so a host that resolves to an inner address is refused.
    #[serde(default)]
    #[schemars(length(max = 100))]
    private_addresses_allowed: Vec<AddressRange>,
    /// Kind `http`: the methods that it may use. All but GET and HEAD may change something.
    #[serde(default = "default_methods")]
    #[schemars(length(min = 1, max = 6))]
    methods: Vec<HttpMethod>,
    /// Kinds `http` and `image_analysis`: how many redirects it follows; each target is checked like a first call.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10))]
    redirects_max: u32,
    /// Kind `http`: what a call may change, which decides what becomes of one whose result a crash took. `pure` and `idempotent` ones are made again with the same `Idempotency-Key`; after a `non_idempotent` one the turn fails. Left out: `pure` where `methods` are GET and HEAD alone, else `non_idempotent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EffectWord")]
    effect: Option<EffectWord>,
    /// Kind `wildberries_api`: `sandbox` for the marketplace that is played in this process, or an address in place of all of the marketplace's. A tool that has none of `base_url`, `token` and `tokens` takes those of `marketplace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MarketplaceUrl")]
    base_url: Option<MarketplaceUrl>,
    /// Kind `wildberries_api`: the token of the seller's account, as `env:NAME` or `file:PATH`, for all tenants that `tokens` does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    token: Option<Secret>,
    /// Kind `wildberries_api`: the token of each tenant's account, as `env:NAME` or `file:PATH`.
    #[serde(default)]
    tokens: BTreeMap<String, Secret>,
    /// Kind `wildberries_api`: what it may do. Left out: everything that only reads.
    #[serde(default = "WildberriesOperation::reads")]
    #[schemars(length(min = 1, max = 26))]
    operations: Vec<WildberriesOperation>,
    /// Kind `wildberries_api`: how long a request may wait for its turn, by the marketplace's limits and its 429. After that the call says when to try again. `timeout` goes first.
    #[serde(default = "default_wait_max")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "10m" }))]
    wait_max: HumanDuration,
    /// Kind `wildberries_api`: the largest answer of the marketplace that is read.
    #[serde(default = "default_answer_bytes_max")]
    #[schemars(extend("x-size" = { "min": "64KiB", "max": "256MiB" }))]
    answer_bytes_max: ByteSize,
    /// Kind `image_analysis`: the longest file; what is longer is refused while it comes in.
    #[serde(default = "default_max_size")]
    #[schemars(extend("x-size" = { "min": "1KiB", "max": "32MB" }))]
    max_size: ByteSize,
    /// Kind `keyword_research`: the tool of the kind `wildberries_api` through which it reads the shop's cards and the search report, with the token and the limits of that tool. It needs the operations `cards_list` and `search_texts`. Left out: it learns only from what a call brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 64))]
    marketplace: Option<String>,
}

fn default_max_size() -> ByteSize {
    ByteSize(10_000_000)
}
fn default_timeout() -> HumanDuration {
    HumanDuration::from_secs(30)
}
fn default_result_bytes_max() -> ByteSize {
    ByteSize::from_kib(64)
}
fn default_wait_max() -> HumanDuration {
    HumanDuration::from_secs(20)
}
fn default_answer_bytes_max() -> ByteSize {
    ByteSize::from_kib(32 * 1024)
}
fn default_methods() -> Vec<HttpMethod> {
    vec![HttpMethod::Get]
}

impl From<ToolFields> for Tool {
    fn from(fields: ToolFields) -> Self {
        let kind = match fields.kind {
            KindWord::Calculator => ToolKind::Calculator,
            KindWord::Http => ToolKind::Http(HttpTool {
                hosts_allowed: fields.hosts_allowed,
                private_addresses_allowed: fields.private_addresses_allowed,
                methods: fields.methods,
                redirects_max: fields.redirects_max,
                effect: fields.effect,
            }),
            KindWord::WildberriesApi => ToolKind::Wildberries(WildberriesTool {
                base_url: fields.base_url,
                token: fields.token,
                tokens: fields.tokens,
                operations: fields.operations,
                wait_max: fields.wait_max,
                answer_bytes_max: fields.answer_bytes_max,
            }),
            KindWord::ImageAnalysis => ToolKind::ImageAnalysis(ImageAnalysisTool {
                hosts_allowed: fields.hosts_allowed,
                private_addresses_allowed: fields.private_addresses_allowed,
                redirects_max: fields.redirects_max,
                max_size: fields.max_size,
            }),
            KindWord::KeywordResearch => {
                ToolKind::KeywordResearch(KeywordResearchTool { marketplace: fields.marketplace })
            }
        };
        Self {
            description: fields.description,
            timeout: fields.timeout,
            result_bytes_max: fields.result_bytes_max,
            kind,
        }
    }
}

/// A range of addresses: `10.1.0.0/16`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange(pub IpNet);

impl FromStr for AddressRange {
    type Err = ipnet::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl<'de> Deserialize<'de> for AddressRange {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl JsonSchema for AddressRange {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "AddressRange".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-address-range": true, "x-expected": "a range of addresses like `10.1.0.0/16` or `fd00::/8`" })
    }
}
