//! A sandbox whose time stands still, and a client for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use sandbox::{Running, Sandbox, SandboxOptions};
use serde_json::{Value, json};

/// Wednesday, 18 March 2026, noon in Moscow.
pub(crate) const START: &str = "2026-03-18T09:00:00Z";

pub(crate) struct Kit {
    pub(crate) sandbox: Running,
    pub(crate) client: Client,
    millis: Arc<AtomicI64>,
}

pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A sandbox without limits on calls, as most tests want it.
pub(crate) async fn start() -> Kit {
    start_with(|options| options.limit_interval_percent = 0).await
}

pub(crate) async fn start_with(change: impl FnOnce(&mut SandboxOptions)) -> Kit {
    rustls::crypto::ring::default_provider().install_default().ok();
    let millis = Arc::new(AtomicI64::new(DateTime::parse_from_rfc3339(START).unwrap().timestamp_millis()));
    let clock = Arc::clone(&millis);
    let now = move || DateTime::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap();
    let mut options = SandboxOptions::new(Arc::new(now));
    change(&mut options);
    // A connection for each request: what one test cuts, the next request must not find in a pool.
    let client = Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build().unwrap();
    Kit { sandbox: Sandbox::start(options).await.unwrap(), client, millis }
}

impl Kit {
    pub(crate) fn advance(&self, time: Duration) {
        self.millis.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sandbox.base_url())).header("Authorization", "seller")
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        got(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        got(self.request(Method::POST, path).json(body)).await
    }

    /// `data` of a call that must be well.
    pub(crate) async fn data(&self, path: &str) -> Value {
        let got = self.get(path).await;
        assert_eq!((got.status, &got.body["error"]), (200, &json!(false)), "{}", got.body);
        got.body["data"].clone()
    }

    /// The cards with this vendor code, as the list shows them.
    pub(crate) async fn found(&self, text: &str) -> Vec<Value> {
        let settings =
            json!({ "settings": { "cursor": { "limit": 100 }, "filter": { "withPhoto": -1, "textSearch": text } } });
        let got = self.post("/content/v2/get/cards/list", &settings).await;
        assert_eq!(got.status, 200, "{}", got.body);
        got.body["cards"].as_array().unwrap().clone()
    }

    /// The batches of errors, the newest first.
    pub(crate) async fn errors(&self, locale: &str) -> Vec<Value> {
        let got = self
            .post(&format!("/content/v2/cards/error/list?locale={locale}"), &json!({ "order": { "ascending": false } }))
            .await;
        got.body["data"]["items"].as_array().unwrap().clone()
    }
}

pub(crate) async fn got(request: RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Got { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// The names of an object's fields.
pub(crate) fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
pub(crate) fn check_fields(value: &Value, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let mut fields = fields(value);
    fields.sort_unstable();
    assert_eq!(fields, expected, "{value}");
}

/// A mug that the marketplace takes.
pub(crate) fn mug(vendor_code: &str) -> Value {
    json!({
        "vendorCode": vendor_code,
        "title": "Кружка керамическая синяя",
        "description": "Кружка из плотной керамики, объём 350 мл.",
        "brand": "Тихий Дом",
        "dimensions": { "length": 12, "width": 9, "height": 10, "weightBrutto": 0.45 },
        "characteristics": [
            { "id": 14_177_449, "value": ["синий"] },
            { "id": 15_001, "value": 350 },
            { "id": 15_010, "value": ["керамика"] },
        ],
        "sizes": [{ "price": 990, "skus": [] }],
    })
}

pub(crate) const MUGS: u64 = 1229;

pub(crate) fn upload(variants: &[Value]) -> Value {
    json!([{ "subjectID": MUGS, "variants": variants }])
}

/// Longer than cards and prices lie in the queue.
pub(crate) const LATER: Duration = Duration::from_secs(3);
