//! A finding in words: the field, what stands there, the rule, and what to do.

use super::Code;
use crate::agents::language::Language;

/// The sentence of a finding.
pub(super) fn sentence(code: Code, field: &str, value: &str, language: Language) -> String {
    let name = field_name(field, language);
    let (rule, next) = match language {
        Language::English => english(code),
        Language::Russian => russian(code),
    };
    let shown = if value.is_empty() { String::new() } else { quoted(value, language) };
    format!("{name}{shown}: {rule} {next}")
}

fn quoted(value: &str, language: Language) -> String {
    match language {
        Language::English => format!(" “{value}”"),
        Language::Russian => format!(" «{value}»"),
    }
}

/// What a user calls a field; a characteristic has its own name.
pub(in crate::agents::product) fn field_name(field: &str, language: Language) -> String {
    let known = match (language, field) {
        (Language::English, "weight") => "Weight with packing (g)",
        (Language::Russian, "weight") => "Вес с упаковкой (г)",
        (Language::English, "dimensions") => "Dimensions with packing (cm)",
        (Language::Russian, "dimensions") => "Габариты с упаковкой (см)",
        (Language::English, "price") => "Price",
        (Language::Russian, "price") => "Цена",
        (Language::English, "title") => "Title",
        (Language::Russian, "title") => "Название",
        (Language::English, "description") => "Description",
        (Language::Russian, "description") => "Описание",
        (Language::English, "barcodes") => "Barcode",
        (Language::Russian, "barcodes") => "Баркод",
        (Language::English, "sizes") => "Size",
        (Language::Russian, "sizes") => "Размер",
        (Language::English, "photos") => "Photos",
        (Language::Russian, "photos") => "Фото",
        (Language::English, "brand") => "Brand",
        (Language::Russian, "brand") => "Бренд",
        (Language::English, "category") => "Category",
        (Language::Russian, "category") => "Категория",
        (Language::English, "vendorCode") => "Vendor code",
        (Language::Russian, "vendorCode") => "Артикул продавца",
        (_, other) => other,
    };
    known.to_owned()
}

fn english(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::PriceNotNumber => ("is not a number.", "Write it in whole roubles, for example: price 900."),
        Code::PriceNotPositive => ("must be above 0.", "Write it in whole roubles, for example: price 900."),
        Code::PriceNotWhole => ("must be whole roubles.", "Round it, for example: price 900."),
        Code::PriceTooHigh => ("is above 100000000, the most that the marketplace takes.", "Write a lower one."),
        Code::CurrencyOther => ("is not in roubles, the currency of the card.", "Write it in roubles: price 900 rub."),
        Code::CurrencyMix => ("is in more than one currency.", "Write one price in roubles: price 900 rub."),
        Code::TitleEmpty => ("is empty.", "Write: title: …"),
        Code::TitleTooLong => ("characters; at most 60 are allowed.", "Write a shorter one: title: …"),
        Code::DescriptionTooLong => ("characters; at most 5000 are allowed.", "Write a shorter one: description: …"),
        Code::ForbiddenWord => ("is a word that the marketplace does not allow.", "Write it anew without this word."),
        Code::ForbiddenCharacters => {
            ("are characters that the marketplace does not allow.", "Write it anew without them.")
        }
        Code::Contact => ("is an address or a link, which cards may not have.", "Write it anew without it."),
        Code::CharacteristicMissing => ("is required in this category.", "Write its value."),
        Code::CharacteristicTooMany => ("values; that is more than it takes.", "Write fewer, separated by commas."),
        Code::CharacteristicNotNumber => ("does not fit: it must be a number.", "Write a number, for example 350."),
        Code::CharacteristicTooLong => ("characters; at most 255 are allowed.", "Write a shorter value."),
        Code::CharacteristicNotWord => ("does not fit: it must be a word.", "Write it in words, for example: white."),
        Code::DimensionsOutOfBounds => {
            ("must be from 1 to 1000 cm each.", "Write: length x width x height, 10x10x12 cm.")
        }
        Code::WeightOutOfBounds => ("must be from 1 g to 1000 kg.", "Write for example: weight 400 g."),
        Code::BarcodeInvalid => {
            ("is no barcode: 8 to 14 digits, of 13 the last checks the others.", "Check the digits.")
        }
        Code::BarcodeTwice => ("is there twice.", "Each size has a barcode of its own."),
        Code::BarcodesTooMany => ("barcodes are more than there are sizes.", "Write one for each size."),
        Code::SizeTwice => ("is there twice.", "Name each size once."),
        Code::PhotosTooMany => ("photos; a card has at most 30.", "Send fewer links."),
        Code::VendorCodeLength => ("characters; it has 1 to 72.", "Write: vendor code …"),
    }
}

fn russian(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::PriceNotNumber => ("это не число.", "Напишите целое число рублей, например: цена 900."),
        Code::PriceNotPositive => ("должна быть больше 0.", "Напишите целое число рублей, например: цена 900."),
        Code::PriceNotWhole => ("должна быть в целых рублях.", "Округлите, например: цена 900."),
        Code::PriceTooHigh => ("выше 100000000, больше маркетплейс не принимает.", "Напишите меньшую."),
        Code::CurrencyOther => ("не в рублях, а цена карточки в рублях.", "Напишите в рублях: цена 900 руб."),
        Code::CurrencyMix => ("в нескольких валютах.", "Напишите одну цену в рублях: цена 900 руб."),
        Code::TitleEmpty => ("пустое.", "Напишите: название: …"),
        Code::TitleTooLong => ("символов, а можно не больше 60.", "Напишите короче: название: …"),
        Code::DescriptionTooLong => ("символов, а можно не больше 5000.", "Напишите короче: описание: …"),
        Code::ForbiddenWord => ("— слово, которое маркетплейс не разрешает.", "Напишите заново без этого слова."),
        Code::ForbiddenCharacters => ("— символы, которые маркетплейс не разрешает.", "Напишите заново без них."),
        Code::Contact => ("— адрес или ссылка, в карточке их быть не может.", "Напишите заново без неё."),
        Code::CharacteristicMissing => ("обязательно в этой категории.", "Напишите значение."),
        Code::CharacteristicTooMany => ("значений — больше, чем можно.", "Напишите меньше, через запятую."),
        Code::CharacteristicNotNumber => ("не подходит: нужно число.", "Напишите число, например 350."),
        Code::CharacteristicTooLong => ("символов, а можно не больше 255.", "Напишите короче."),
        Code::CharacteristicNotWord => ("не подходит: нужно слово.", "Напишите словом, например: белый."),
        Code::DimensionsOutOfBounds => {
            ("должны быть от 1 до 1000 см.", "Напишите: длина x ширина x высота, 10x10x12 см.")
        }
        Code::WeightOutOfBounds => ("должен быть от 1 г до 1000 кг.", "Напишите, например: вес 400 г."),
        Code::BarcodeInvalid => ("не баркод: 8–14 цифр, из 13 последняя проверяет остальные.", "Проверьте цифры."),
        Code::BarcodeTwice => ("указан дважды.", "У каждого размера свой баркод."),
        Code::BarcodesTooMany => ("баркодов больше, чем размеров.", "Напишите по одному на размер."),
        Code::SizeTwice => ("указан дважды.", "Назовите каждый размер один раз."),
        Code::PhotosTooMany => ("фото, а в карточке не больше 30.", "Пришлите меньше ссылок."),
        Code::VendorCodeLength => ("символов, а бывает от 1 до 72.", "Напишите: артикул …"),
    }
}
