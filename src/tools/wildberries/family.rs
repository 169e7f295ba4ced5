//! Where the marketplace's methods live, and how often each kind of them may be called (its description of December 2025).

use std::time::Duration;

/// The parts of the marketplace, each under an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// Cards, media, directories.
    Content,
    /// Prices and discounts.
    Prices,
    /// The sales funnel and search queries.
    Analytics,
    /// Sales, orders and stocks.
    Statistics,
    /// Tariffs.
    Common,
}

impl Host {
    /// Its address, without a slash at the end.
    pub fn base(self) -> &'static str {
        match self {
            Self::Content => "https://content-api.wildberries.ru",
            Self::Prices => "https://discounts-prices-api.wildberries.ru",
            Self::Analytics => "https://seller-analytics-api.wildberries.ru",
            Self::Statistics => "https://statistics-api.wildberries.ru",
            Self::Common => "https://common-api.wildberries.ru",
        }
    }

    /// The category of rights that a token needs for it, as the seller's account names it.
    pub fn category(self) -> &'static str {
        match self {
            Self::Content => "Контент",
            Self::Prices => "Цены и скидки",
            Self::Analytics => "Аналитика",
            Self::Statistics => "Статистика",
            Self::Common => "any",
        }
    }
}

/// Methods that share one limit of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// All of content that has no limit of its own.
    Content,
    /// Brands of a subject.
    Brands,
    /// Creating cards.
    CardUpload,
    /// Editing cards.
    CardUpdate,
    /// The errors of cards.
    CardErrors,
    /// All of prices and discounts.
    Prices,
    /// Commissions.
    Commission,
    /// Tariffs for boxes.
    BoxTariffs,
    /// The sales funnel.
    Funnel,
    /// Search queries.
    SearchTexts,
    /// Sales.
    Sales,
    /// Orders.
    Orders,
    /// Stocks.
    Stocks,
}

/// One request each `interval` in the long run, and `burst` of them at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two requests.
    pub interval: Duration,
    /// At once.
    pub burst: u32,
}

impl Family {
    /// Its limit.
    pub fn pace(self) -> Pace {
        let (millis, burst) = match self {
            Self::Content | Self::Prices => (600, 5),
            Self::CardUpload | Self::CardUpdate | Self::CardErrors => (6_000, 5),
            Self::Brands | Self::BoxTariffs => (1_000, 5),
            Self::Commission => (60_000, 2),
            Self::Funnel | Self::SearchTexts => (20_000, 3),
            Self::Sales | Self::Orders | Self::Stocks => (60_000, 1),
        };
        Pace { interval: Duration::from_millis(millis), burst }
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Brands => "brands",
            Self::CardUpload => "card_upload",
            Self::CardUpdate => "card_update",
            Self::CardErrors => "card_errors",
            Self::Prices => "prices",
            Self::Commission => "tariffs_commission",
            Self::BoxTariffs => "tariffs_box",
            Self::Funnel => "funnel",
            Self::SearchTexts => "search_texts",
            Self::Sales => "sales",
            Self::Orders => "orders",
            Self::Stocks => "stocks",
        }
    }
}
