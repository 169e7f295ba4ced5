//! Messages of sellers, and what is read from them.

use super::*;

/// As one line: fields by name, then numbers.
fn shown(text: &str, language: Language) -> String {
    let facts = read(text, None, language);
    let mut parts: Vec<String> = facts.product.iter().map(|product| format!("[{product}]")).collect();
    parts.extend(facts.labelled.iter().map(|(field, value)| format!("{field}={value}")));
    parts.extend(facts.colour.iter().map(|colour| format!("({colour})")));
    parts.extend(
        facts.price.iter().map(|price| price.as_ref().map_or("price!".to_owned(), |price| format!("price={price}"))),
    );
    parts.extend(facts.dimensions.iter().map(|sides| format!("sides={sides:?}")));
    parts.extend(facts.weight_g.iter().map(|grams| format!("g={grams}")));
    parts.extend(facts.photos.iter().map(|link| format!("photo={link}")));
    parts.join(" ")
}

#[track_caller]
fn check(text: &str, language: Language, expected: &str) {
    assert_eq!(shown(text, language), expected, "{text}");
}

#[test]
fn an_english_message_says_it_all_in_any_order() {
    use Language::English;
    check(
        "I want to sell a red ceramic mug, brand Norvik, price 900 rub, 12x9x10 cm, weight 400 g, https://a.example/1.jpg",
        English,
        "[red ceramic mug] brand=Norvik (red) price=900 sides=[12, 9, 10] g=400 photo=https://a.example/1.jpg",
    );
    check(
        "0.5 kg, 900 rubles. Create a product card for a cotton T-shirt; sizes: S, M, L; composition: 80% cotton, 20% polyester",
        English,
        "[cotton T-shirt] composition=80% cotton, 20% polyester sizes=S, M, L price=900 g=500",
    );
    check("sell", English, "");
    check("sell a watering can, 900 rub", English, "[watering can] price=900");
    check("can opener", English, "[can opener]");
    check("I want to sell a change purse", English, "[change purse]");
    check("sell a toy like a book", English, "[toy like a book]");
    check("Can I sell a mug?", English, "[mug]");
    check("can you publish my mug", English, "[mug]");
    check("I would like a listing for my mug", English, "[mug]");
    check("Electric kettle", English, "[Electric kettle]");
}

#[test]
fn a_russian_message_says_it_all_in_any_order() {
    use Language::Russian;
    check(
        "Хочу продать красную керамическую кружку. Бренд: Norvik, цена 900 руб., габариты 12х9х10 см, вес 0,4 кг",
        Russian,
        "[красная керамическая кружка] brand=Norvik (красный) price=900 sides=[12, 9, 10] g=400",
    );
    check(
        "Создай карточку: футболка хлопковая, размеры 42, 44, 46, цвет: черный, состав: хлопок 100%, плотность 180 г/м2",
        Russian,
        "[футболка хлопковая] color=черный composition=хлопок 100%, плотность 180 г/м2 sizes=42, 44, 46",
    );
    check("габариты 120x90x101 мм", Russian, "sides=[12, 9, 11]");
    check("продаю сервиз чайный", Russian, "[сервиз чайный]");
}

/// Phrases that nobody searches by.
const STRAY: [&str; 16] = [
    "sell a red ceramic",
    "хочу продать",
    "кружка цена",
    "900 rub",
    "900 rubles",
    "900 руб.",
    "900 рублей",
    "вес упаковки",
    "вес 400",
    "weighs 400",
    "weight 400",
    "габариты с упаковкой",
    "with packing",
    "can you help",
    "change the colour",
    "I would like",
];
/// Phrases that have parts of them, and are products.
const SEARCHED: [&str; 16] = [
    "red ceramic mug",
    "rubber duck",
    "ruby ring",
    "rubik cube",
    "weighted blanket",
    "watering can",
    "change purse",
    "mug like porcelain",
    "packing cubes",
    "кружка для чая",
    "весы кухонные",
    "весенняя куртка",
    "рубашка белая",
    "рубанок",
    "подарочная упаковка",
    "ценник",
];

#[test]
fn words_of_the_request_are_no_words_of_the_product() {
    use Language::{English, Russian};
    for (text, about) in [
        ("хочу выставить на продажу шерстяной плед", "шерстяной плед"),
        ("I want to sell a red ceramic mug", "red ceramic mug"),
        ("Please help me sell my mug, price 900", "mug, price 900"),
        ("red mug please, publish https://a.example/1.jpg", "red mug"),
        ("Хочу продать красную кружку", "красную кружку"),
        ("продать: кружка керамическая белая, 350 мл", "кружка керамическая белая, 350 мл"),
        ("помогите пожалуйста опубликовать мою вазу", "вазу"),
        ("хочу продать", ""),
        ("business card holder and a bed linen set", "business card holder and a bed linen set"),
    ] {
        assert_eq!(without_orders(text), about, "{text}");
    }
    check("продать: кружка керамическая белая, 350 мл", Russian, "[кружка керамическая белая] (белый)");
    check("Опубликуй: ваза", Russian, "[ваза]");
    check("my red mug please", English, "[red mug] (red)");
    for stray in STRAY {
        assert!(is_stray(stray), "{stray}");
    }
    for keyword in SEARCHED {
        assert!(!is_stray(keyword), "{keyword}");
    }
}

#[test]
fn corrections_are_read_by_their_labels() {
    use Language::{English, Russian};
    check("title: Mug, 900 rub: the best price. Really", English, "title=Mug, 900 rub: the best price. Really");
    check("change the colour to red", English, "color=red");
    check("цена 900", Russian, "price=900");
    check("поменяй цвет на синий", Russian, "color=синий");
    check("бренд — Тихий Дом и цена 950", Russian, "brand=Тихий Дом price=950");
    check("description: one\nprice 500", English, "description=one price=500");
    check("price abc", English, "price!");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[ a-zа-я0-9.,:;x×-]{0,80}|\\PC{0,80}") {
        for language in [Language::English, Language::Russian] {
            let facts = read(&text, Some("price"), language);
            proptest::prop_assert!(facts.product.is_none_or(|product| product.chars().count() <= PRODUCT_CHARS_MAX));
        }
    }
}
