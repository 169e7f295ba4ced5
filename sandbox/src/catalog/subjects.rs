//! The categories, as data: every kind of characteristic is among them, required and optional.
//!
//! Names and ids look like the marketplace's; what is asked of each is ours.

use super::{Charc, Kind, Parent, Subject, Words};

const fn words(ru: &'static str, en: &'static str) -> Words {
    Words { ru, en }
}

const fn strings(max: usize, samples: &'static [&'static str]) -> Kind {
    Kind::Strings { max, samples }
}

const fn charc(
    id: u64,
    ru: &'static str,
    en: &'static str,
    required: bool,
    popular: bool,
    unit: &'static str,
    kind: Kind,
) -> Charc {
    Charc { id, name: words(ru, en), required, popular, unit, kind }
}

// What many subjects ask for; `required()` where one insists on it.
const COLOR: Charc =
    charc(14_177_449, "Цвет", "Color", false, true, "", strings(5, &["черный", "белый", "синий", "бежевый", "серый"]));
const COUNTRY: Charc = charc(
    14_177_451,
    "Страна производства",
    "Country of origin",
    false,
    true,
    "",
    strings(1, &["Россия", "Китай", "Беларусь", "Узбекистан"]),
);
const GENDER: Charc =
    charc(14_177_450, "Пол", "Gender", false, true, "", strings(1, &["Унисекс", "Женский", "Мужской"]));
const SEASON: Charc =
    charc(14_177_452, "Сезон", "Season", false, false, "", strings(4, &["круглогодичный", "лето", "демисезон"]));
const CONTENTS: Charc =
    charc(378_533, "Комплектация", "Package contents", false, false, "", strings(0, &["товар 1 шт"]));
const WEIGHT: Charc = charc(
    88_953,
    "Вес товара без упаковки (г)",
    "Item weight without packaging (g)",
    false,
    false,
    "г",
    Kind::Number { samples: &[250, 400, 800] },
);
const COMPOSITION: Charc =
    charc(14_177_453, "Состав", "Composition", false, true, "", strings(5, &["хлопок", "полиэстер", "лён"]));

pub(crate) const PARENTS: &[Parent] = &[
    Parent { id: 306, name: words("Одежда", "Clothing") },
    Parent { id: 629, name: words("Обувь", "Shoes") },
    Parent { id: 657, name: words("Бытовая техника", "Home appliances") },
    Parent { id: 479, name: words("Электроника", "Electronics") },
    Parent { id: 519, name: words("Дом", "Home") },
    Parent { id: 481, name: words("Игрушки", "Toys") },
    Parent { id: 784, name: words("Аксессуары", "Accessories") },
];

pub(crate) const SUBJECTS: &[Subject] = &[
    Subject {
        id: 105,
        parent: 629,
        name: words("Кроссовки", "Sneakers"),
        commission: 17.5,
        description_chars_max: 2_000,
        sized: true,
        tnved: &[("6404110000", true), ("6403990000", true)],
        searches: &["кроссовки мужские", "кроссовки женские", "кроссовки для бега", "белые кроссовки"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            GENDER.required(),
            SEASON,
            WEIGHT,
            charc(
                17_596,
                "Материал верха",
                "Upper material",
                true,
                true,
                "",
                strings(3, &["текстиль", "натуральная кожа", "экокожа"]),
            ),
            charc(17_597, "Материал подошвы", "Sole material", false, false, "", strings(2, &["ЭВА", "резина"])),
            charc(54_337, "Высота каблука", "Heel height", false, false, "см", Kind::Number { samples: &[3, 4] }),
        ],
    },
    Subject {
        id: 98,
        parent: 629,
        name: words("Кеды", "Canvas shoes"),
        commission: 17.5,
        description_chars_max: 2_000,
        sized: true,
        tnved: &[("6404110000", true)],
        searches: &["кеды женские", "кеды белые", "кеды высокие"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            GENDER.required(),
            SEASON,
            charc(
                17_596,
                "Материал верха",
                "Upper material",
                true,
                true,
                "",
                strings(3, &["текстиль", "натуральная кожа", "экокожа"]),
            ),
            charc(17_597, "Материал подошвы", "Sole material", false, false, "", strings(2, &["ЭВА", "резина"])),
        ],
    },
    Subject {
        id: 192,
        parent: 306,
        name: words("Футболки", "T-shirts"),
        commission: 19.5,
        description_chars_max: 2_000,
        sized: true,
        tnved: &[("6109100000", true), ("6109902000", true)],
        searches: &["футболка мужская", "футболка оверсайз", "футболка женская", "белая футболка"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            GENDER.required(),
            COMPOSITION.required(),
            SEASON,
            charc(12_880, "Тип рукава", "Sleeve type", false, false, "", strings(1, &["короткий", "длинный"])),
            charc(12_881, "Плотность", "Density", false, false, "г/м2", Kind::Number { samples: &[180, 220] }),
        ],
    },
    Subject {
        id: 11,
        parent: 306,
        name: words("Джинсы", "Jeans"),
        commission: 19.5,
        description_chars_max: 2_000,
        sized: true,
        tnved: &[("6203423100", true)],
        searches: &["джинсы женские", "джинсы широкие", "джинсы мужские"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            GENDER.required(),
            COMPOSITION.required(),
            SEASON,
            charc(12_890, "Тип посадки", "Rise", false, true, "", strings(1, &["высокая", "средняя"])),
        ],
    },
    Subject {
        id: 69,
        parent: 306,
        name: words("Платья", "Dresses"),
        commission: 19.5,
        description_chars_max: 5_000,
        sized: true,
        tnved: &[("6204430000", true)],
        searches: &["платье летнее", "платье вечернее", "платье миди"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            COMPOSITION.required(),
            SEASON,
            charc(
                12_891,
                "Длина изделия по спинке",
                "Back length",
                false,
                false,
                "см",
                Kind::Number { samples: &[95, 110] },
            ),
            charc(12_892, "Вырез горловины", "Neckline", false, false, "", strings(2, &["V-образный", "круглый"])),
        ],
    },
    Subject {
        id: 593,
        parent: 657,
        name: words("Чайники электрические", "Electric kettles"),
        commission: 15.5,
        description_chars_max: 2_000,
        sized: false,
        tnved: &[("8516108000", false)],
        searches: &["чайник электрический", "чайник стеклянный", "чайник с регулировкой температуры"],
        charcs: &[
            COLOR.required(),
            COUNTRY.required(),
            CONTENTS,
            WEIGHT,
            charc(15_001, "Объем", "Volume", true, true, "л", Kind::Number { samples: &[2, 1] }),
            charc(15_002, "Мощность", "Power", true, true, "Вт", Kind::Number { samples: &[2200, 1800] }),
            charc(
                15_003,
                "Материал корпуса",
                "Body material",
                false,
                false,
                "",
                strings(3, &["стекло", "нержавеющая сталь"]),
            ),
        ],
    },
    Subject {
        id: 3_756,
        parent: 479,
        name: words("Наушники", "Headphones"),
        commission: 14.5,
        description_chars_max: 2_000,
        sized: false,
        tnved: &[("8518300008", false)],
        searches: &["наушники беспроводные", "наушники bluetooth", "наушники с шумоподавлением"],
        charcs: &[
            COLOR.required(),
            COUNTRY.required(),
            CONTENTS,
            WEIGHT,
            charc(
                16_001,
                "Тип подключения",
                "Connection type",
                true,
                true,
                "",
                strings(2, &["Bluetooth", "проводное"]),
            ),
            charc(
                16_002,
                "Время работы от аккумулятора",
                "Battery life",
                false,
                true,
                "ч",
                Kind::Number { samples: &[24, 36] },
            ),
        ],
    },
    Subject {
        id: 515,
        parent: 479,
        name: words("Чехлы для телефонов", "Phone cases"),
        commission: 23.5,
        description_chars_max: 1_000,
        sized: false,
        tnved: &[("3926909709", false)],
        searches: &["чехол на телефон", "чехол силиконовый", "чехол прозрачный"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            CONTENTS,
            charc(
                16_010,
                "Модель устройства",
                "Device model",
                true,
                true,
                "",
                strings(10, &["iPhone 13", "iPhone 14", "Redmi Note 12"]),
            ),
            charc(16_011, "Материал чехла", "Case material", false, false, "", strings(2, &["силикон", "пластик"])),
        ],
    },
    Subject {
        id: 1_229,
        parent: 519,
        name: words("Кружки", "Mugs"),
        commission: 18.5,
        description_chars_max: 2_000,
        sized: false,
        tnved: &[("6911100000", false)],
        searches: &["кружка для чая", "кружка керамическая", "кружка большая", "кружка подарочная"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            CONTENTS,
            WEIGHT,
            charc(15_001, "Объем", "Volume", false, true, "мл", Kind::Number { samples: &[350, 450] }),
            charc(
                15_010,
                "Материал посуды",
                "Tableware material",
                true,
                true,
                "",
                strings(2, &["керамика", "фарфор", "стекло"]),
            ),
        ],
    },
    Subject {
        id: 786,
        parent: 519,
        name: words("Комплекты постельного белья", "Bed linen sets"),
        commission: 18.5,
        description_chars_max: 5_000,
        sized: false,
        tnved: &[("6302310009", true)],
        searches: &["постельное белье", "постельное белье евро", "постельное белье сатин"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            COMPOSITION.required(),
            CONTENTS,
            charc(
                15_020,
                "Размер комплекта",
                "Set size",
                true,
                true,
                "",
                strings(1, &["евро", "2-спальный", "1,5-спальный"]),
            ),
            charc(
                15_021,
                "Количество предметов",
                "Number of items",
                false,
                false,
                "шт",
                Kind::Number { samples: &[4] },
            ),
        ],
    },
    Subject {
        id: 788,
        parent: 481,
        name: words("Мягкие игрушки", "Soft toys"),
        commission: 16.5,
        description_chars_max: 2_000,
        sized: false,
        tnved: &[("9503004100", false)],
        searches: &["мягкая игрушка", "плюшевый мишка", "игрушка подушка"],
        charcs: &[
            COLOR,
            COUNTRY.required(),
            CONTENTS,
            WEIGHT,
            charc(15_030, "Возрастные ограничения", "Age restrictions", true, true, "", strings(1, &["0+", "3+"])),
            charc(15_031, "Высота игрушки", "Toy height", true, true, "см", Kind::Number { samples: &[40, 60] }),
            charc(15_032, "Материал игрушки", "Toy material", false, false, "", strings(3, &["плюш", "холлофайбер"])),
        ],
    },
    Subject {
        id: 855,
        parent: 784,
        name: words("Рюкзаки", "Backpacks"),
        commission: 19.5,
        description_chars_max: 2_000,
        sized: false,
        tnved: &[("4202929190", false)],
        searches: &["рюкзак городской", "рюкзак школьный", "рюкзак для ноутбука"],
        charcs: &[
            COLOR.required(),
            COUNTRY,
            GENDER,
            WEIGHT,
            charc(15_040, "Объем рюкзака", "Backpack volume", false, true, "л", Kind::Number { samples: &[22, 30] }),
            charc(15_041, "Материал изделия", "Item material", true, true, "", strings(3, &["полиэстер", "нейлон"])),
        ],
    },
];
