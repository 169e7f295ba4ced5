//! What an answer does not have, and why.

use super::{
    super::report::{Report, Source, Why},
    English, Russian, Writer, capital, plain,
};

impl Writer {
    pub(super) fn missing(&self, report: &Report) -> Option<String> {
        let mut lines: Vec<String> = report
            .missing
            .iter()
            .map(|(source, why)| format!("- {}: {}", capital(self.source(*source)), self.why(why)))
            .collect();
        if report.unread > 0 {
            let (english, russian) =
                ("rows without a readable date are not counted", "строк без понятной даты не учтено");
            lines.push(format!("- {} {}", report.unread, self.pick(english, russian)));
        }
        let title = self.pick("What is missing here", "Чего здесь нет");
        (!lines.is_empty()).then(|| format!("**{title}**\n{}", lines.join("\n")))
    }

    pub(super) fn source(&self, source: Source) -> &'static str {
        let (english, russian) = match source {
            Source::Orders => ("orders", "заказы"),
            Source::Sales => ("sales", "продажи"),
            Source::Stocks => ("stock", "остатки"),
            Source::Funnel => ("funnel", "воронка"),
            Source::Queries => ("search queries", "поисковые запросы"),
        };
        match self.language {
            English => english,
            Russian => russian,
        }
    }

    fn why(&self, why: &Why) -> String {
        let (english, russian) = match why {
            Why::NotGranted => (
                "this assistant was not given the report; an administrator can grant it",
                "этот отчёт помощнику не выдан; его может выдать администратор",
            ),
            Why::TokenRefused => (
                "the marketplace does not accept the token; an administrator can set another one",
                "маркетплейс не принимает токен; его может заменить администратор",
            ),
            Why::RateLimited(Some(at)) => {
                return match self.language {
                    English => format!("too many requests just now; ask again after {}", plain(at)),
                    Russian => format!("слишком много запросов; спросите снова после {}", plain(at)),
                };
            }
            Why::RateLimited(None) => (
                "too many requests just now; ask again in a minute",
                "слишком много запросов; спросите снова через минуту",
            ),
            Why::TooLong => (
                "the report is longer than its tool may answer; an administrator can raise `result_bytes_max`",
                "отчёт длиннее, чем может ответить инструмент; администратор может поднять `result_bytes_max`",
            ),
            Why::Cut => (
                "the report is too long, only its beginning is counted",
                "отчёт слишком длинный, учтено только его начало",
            ),
            Why::TooOld => ("not kept for these days any more", "за эти дни уже не хранится"),
            Why::Unavailable => {
                ("the marketplace does not answer; ask again later", "маркетплейс не отвечает; спросите позже")
            }
        };
        self.pick(english, russian).to_owned()
    }
}
