//! Photos of a listing: what is good reaches the shop, and what is not is an answer.

use serde_json::Value;

use super::{
    Seller, Turn, WHOLE, cards, config,
    images::{File, Files, bomb, jpeg, product},
    requests, shop,
};

const MEDIA: &str = "/content/v3/media/save";

/// Each name, and the code that is said of it; none of what is good.
const EXPECTED: [(&str, Option<&str>); 7] = [
    ("good.jpg", None),
    ("page.jpg", Some("not_an_image")),
    ("bomb.png", Some("too_many_pixels")),
    ("endless.jpg", Some("too_large")),
    ("small.jpg", Some("too_small")),
    ("gone.jpg", Some("http_status")),
    ("near.jpg", Some("near_duplicate")),
];

async fn files() -> Files {
    let jpeg_of = |image, quality| File::Whole("image/jpeg", jpeg(image, quality));
    let page = b"<!doctype html><title>Sign in</title><p>Please sign in to see this photo.".to_vec();
    Files::serve(vec![
        ("good.jpg", jpeg_of(&product(900, 1200, 1), 90)),
        ("near.jpg", jpeg_of(&product(1200, 1600, 1), 80)),
        ("small.jpg", jpeg_of(&product(600, 800, 5), 90)),
        ("page.jpg", File::Whole("image/jpeg", page)),
        ("bomb.png", File::Whole("image/png", bomb())),
        ("endless.jpg", File::Endless),
    ])
    .await
}

/// The config as it comes, with a tool that looks at photos and its line taken in.
async fn seller(files: &Files) -> Seller {
    let shop = shop().await;
    let (grant, section) = ("\n      #- name: image_analysis\n", "\n  #image_analysis:\n");
    let config = config(&shop);
    assert!(config.contains(grant) && config.contains(section), "the config grants others");
    let host = files.host();
    let tool = format!(
        "\n  image_analysis: {{ hosts_allowed: ['{host}'], private_addresses_allowed: [127.0.0.0/8], max_size: 2MiB }}\n"
    );
    let granted = config.replace(grant, &grant.replace('#', ""));
    Seller::with(shop, &granted.replace(section, &format!("{tool}{}", &section[1..]))).await
}

/// What was found of an image: the code of its failure, or those of its findings.
fn codes(turn: &Turn, link: &str) -> Vec<String> {
    let results = turn.0.iter().filter(|event| event["type"] == "tool_result");
    let images = results.filter_map(|event| event["result"]["images"].as_array()).flatten();
    let image: Vec<&Value> = images.filter(|image| image["url"] == link).collect();
    let [image] = image[..] else { panic!("{link} was looked at {} times: {:?}", image.len(), turn.0) };
    let findings = image["findings"].as_array().into_iter().flatten();
    let codes = findings.map(|finding| &finding["code"]).chain(image["failure"].get("code"));
    codes.map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn published(seller: &mut Seller) -> Value {
    let asked = seller.say("publish").await;
    let done = seller.decide(asked.question(), "approved").await;
    assert_eq!(done.status(), "completed", "{}", done.said());
    let cards = cards(&seller.shop);
    assert_eq!(cards.len(), 1, "{cards:?}");
    cards[0]["photos"].clone()
}

#[tokio::test]
async fn of_seven_links_the_good_photo_alone_reaches_the_shop_and_each_other_one_has_its_reason() {
    let files = files().await;
    let mut seller = seller(&files).await;
    let links: Vec<String> = EXPECTED.iter().map(|(name, _)| files.link(name)).collect();
    let shown = seller.say(&format!("{WHOLE}, photos: {}", links.join(" "))).await;
    assert_eq!(shown.status(), "waiting", "{}", shown.said());
    for ((name, code), link) in EXPECTED.iter().zip(&links) {
        let found = codes(&shown, link);
        assert_eq!(found.first().map(String::as_str), *code, "{name}: {found:?}");
        if let Some(code) = code {
            assert!(shown.said().contains(code), "{name} is not told of: {}", shown.said());
        }
    }
    let photos = published(&mut seller).await;
    assert_eq!(photos.as_array().map_or(0, Vec::len), 1, "{photos}");
    assert!(photos[0].to_string().contains("/good.jpg"), "{photos}");
    assert_eq!(requests(&seller.shop, MEDIA), 1);
}

#[tokio::test]
async fn a_listing_whose_only_photo_is_a_page_is_published_without_one() {
    let files = files().await;
    let mut seller = seller(&files).await;
    let shown = seller.say(&format!("{WHOLE}, photo: {}", files.link("page.jpg"))).await;
    assert_eq!(codes(&shown, &files.link("page.jpg")), ["not_an_image"]);
    assert_eq!(published(&mut seller).await, Value::Null);
    assert_eq!(requests(&seller.shop, MEDIA), 0);
}

#[tokio::test]
async fn a_photo_that_comes_later_takes_its_place_beside_the_first() {
    let files = files().await;
    let mut seller = seller(&files).await;
    seller.say(&format!("{WHOLE}, photo: {}", files.link("page.jpg"))).await;
    let shown = seller.say(&format!("photo: {}", files.link("good.jpg"))).await;
    assert_eq!(codes(&shown, &files.link("good.jpg")), Vec::<String>::new());
    let photos = published(&mut seller).await;
    assert_eq!(photos.as_array().map_or(0, Vec::len), 1, "{photos}");
}
