//! What the seller reads of a photo, in his language. Codes stay beside the words: operators and models look for them.

use crate::agents::language::{Language, pick};

/// What codes of failures and findings mean, in English and in Russian.
const MEANINGS: [(&str, &str, &str); 27] = [
    (
        "not_allowed",
        "the server may not open this site; ask the operator to allow it",
        "серверу не разрешён этот сайт; попросите администратора разрешить",
    ),
    ("unreachable", "the site does not answer", "сайт не отвечает"),
    (
        "http_status",
        "the site does not give out the file; open the link without being signed in",
        "сайт не отдаёт файл; откройте ссылку без входа в аккаунт",
    ),
    ("gone", "there is nothing at this link", "по ссылке ничего нет"),
    ("timed_out", "the file did not come in time", "файл не пришёл вовремя"),
    (
        "decoder_failed",
        "the file could not be read; export it again",
        "файл не удалось прочитать; сохраните его заново",
    ),
    ("bad_base64", "the file came broken", "файл пришёл испорченным"),
    ("empty", "the file is empty", "файл пустой"),
    (
        "not_an_image",
        "there is no image at this link; send a link straight to the file",
        "по ссылке не изображение; пришлите ссылку прямо на файл",
    ),
    ("unsupported", "save it as JPEG, PNG or WebP in sRGB", "сохраните в JPEG, PNG или WebP в sRGB"),
    ("truncated", "the file is cut off; upload it again", "файл обрывается; загрузите его заново"),
    ("damaged", "the file is damaged; upload it again", "файл повреждён; загрузите его заново"),
    (
        "too_large",
        "the file is too large; save it as JPEG at quality 85 to 90",
        "файл слишком большой; сохраните в JPEG с качеством 85–90",
    ),
    (
        "too_many_pixels",
        "too many pixels; 900×1200 to 2250×3000 are enough",
        "слишком много пикселей; хватит от 900×1200 до 2250×3000",
    ),
    (
        "too_much_memory",
        "it takes too much memory; 900×1200 to 2250×3000 pixels are enough",
        "нужно слишком много памяти; хватит от 900×1200 до 2250×3000 пикселей",
    ),
    (
        "too_small",
        "too small for the marketplace; take it at a higher resolution",
        "слишком маленькое для маркетплейса; снимите с большим разрешением",
    ),
    (
        "too_heavy",
        "too heavy for the marketplace; save it as JPEG at quality 85 to 90",
        "слишком тяжёлое для маркетплейса; сохраните в JPEG с качеством 85–90",
    ),
    ("animated", "it moves; save one frame", "это анимация; сохраните один кадр"),
    (
        "near_duplicate",
        "it repeats another photo; show another side or a detail",
        "повторяет другое фото; покажите другую сторону или деталь",
    ),
    ("low_quality", "strongly compressed; export it at quality 85 to 90", "сильно сжато; сохраните с качеством 85–90"),
    ("cmyk", "colours for printing; convert it to sRGB", "цвета для печати; переведите в sRGB"),
    ("ratio", "not 3:4; crop it, for example to 900×1200", "не 3:4; обрежьте, например до 900×1200"),
    (
        "transparent",
        "parts are transparent; put the product on a light background",
        "есть прозрачные места; поставьте товар на светлый фон",
    ),
    ("blurry", "blurry; take it with more light or a tripod", "нерезко; снимите при лучшем свете или со штатива"),
    ("too_dark", "too dark; light the product more", "слишком темно; осветите товар сильнее"),
    ("too_bright", "too bright; lower the exposure", "слишком светло; уменьшите выдержку"),
    (
        "uneven_background",
        "an uneven background; for the first photo use a plain light one",
        "неровный фон; для первого фото лучше однотонный светлый",
    ),
];

pub(super) fn not_sent(link: &str, codes: &[&str], language: Language) -> String {
    let what = pick(language, "not sent", "не отправлено");
    format!("{what}: {}", remark(link, codes, language))
}

pub(super) fn unseen(link: &str, code: &str, language: Language) -> String {
    let what = pick(language, "could not be looked at", "посмотреть не удалось");
    format!("{what}: {}", remark(link, &[code], language))
}

pub(super) fn remark(link: &str, codes: &[&str], language: Language) -> String {
    let said: Vec<String> = codes.iter().map(|code| said(code, language)).collect();
    format!("{link} — {}", said.join("; "))
}

/// A code that is new to us stands alone.
fn said(code: &str, language: Language) -> String {
    let known = MEANINGS.iter().find(|(known, ..)| *known == code);
    let words = known.map(|(_, english, russian)| pick(language, english, russian));
    match words {
        Some(words) => format!("{words} ({})", if code == "gone" { "http_status" } else { code }),
        None => code.to_owned(),
    }
}

/// Whether there are words for a code.
#[cfg(test)]
pub(super) fn is_known(code: &str) -> bool {
    MEANINGS.iter().any(|(known, ..)| *known == code)
}
