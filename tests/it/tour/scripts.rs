//! What the user of the tour says and decides.

/// One thing that the user does.
#[derive(Debug)]
pub(super) enum Step {
    /// A message.
    Say(&'static str),
    /// A decision about what was asked last.
    Decide(&'static str),
}

/// A conversation.
#[derive(Debug)]
pub(super) struct Chapter {
    pub(super) title: &'static str,
    /// What the page calls the user, and a decision for something.
    pub(super) user: &'static str,
    pub(super) steps: &'static [Step],
}

use Step::{Decide, Say};

pub(super) const CHAPTERS: &[Chapter] = &[
    Chapter {
        title: "In English",
        user: "You",
        steps: &[
            Say("What can you do?"),
            Say("I want to sell a red ceramic mug, brand Norvik, price 900 rub, 12x9x10 cm, weight 400 g"),
            Say("change the colour to white"),
            Say("title: Ceramic mug Norvik"),
            Say("publish"),
            Decide("approved"),
            Say("How were sales last week?"),
            Say("When does my stock run out?"),
            Say("What does SB-105-01 cost?"),
            Say("What price gives SB-105-01 a 25% margin? Cost 1900, commission 15%, logistics 150, tax 6%, \
                 competitors sell at 3900, 4200 and 4500"),
            Say("Set the price of SB-105-01 to 5490"),
            Decide("approved"),
        ],
    },
    Chapter {
        title: "По-русски",
        user: "Вы",
        steps: &[
            Say("Что ты умеешь?"),
            Say("Хочу продать красную керамическую кружку"),
            Say("900 руб, вес 0,4 кг"),
            Say("12х9х10"),
            Say("бренд: Тихий Дом"),
            Say("опубликуй"),
            Decide("approved"),
            Say("Покажи продажи за прошлую неделю"),
            Say("Что ищут покупатели?"),
            Say("Сколько стоит SB-105-01?"),
            Say("Какую цену поставить на SB-105-01, чтобы маржа была 25%? Себестоимость 1900, комиссия 15%, \
                 логистика 150, налог 6%, у конкурентов 3900, 4200 и 4500"),
            Say("Поставь цену 5490 на SB-105-01"),
            Decide("rejected"),
        ],
    },
];
