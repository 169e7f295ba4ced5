//! Reads and calculates an expression in one go, by recursive descent.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = signed (("*" | "/" | "%") signed)*
//! signed  = ("-" | "+") signed | power
//! power   = percent ("^" signed)?                          right to left; -2^2 is -4
//! percent = atom "%"*                                      where no operand follows: 20% is 0.2, 20 % 3 is 2
//! atom    = number | "(" sum ")" | name "(" sum ("," sum)* ")"
//! ```

use super::{
    LEVELS_MAX,
    arithmetic::Number,
    error::CalculatorError,
    lexer::{self, Placed, Token},
};

/// How many arguments a function takes at most.
const ARGUMENTS_MAX: usize = 64;

type Result<T = Number> = std::result::Result<T, CalculatorError>;

/// The value of an expression.
pub(super) fn value_of(text: &str) -> Result {
    let mut parser = Parser { tokens: lexer::tokens(text)?, next: 0, levels: 0 };
    if parser.tokens.is_empty() {
        return Err(CalculatorError::Empty);
    }
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value),
        Some(Placed { token: Token::Sign(','), at }) => Err(CalculatorError::Comma(*at)),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    levels: usize,
}

impl Parser {
    fn sum(&mut self) -> Result {
        self.deeper(|parser| {
            let mut value = parser.product()?;
            while let Some(sign) = parser.take_one_of("+-") {
                let other = parser.product()?;
                value = value.add(if sign == '-' { other.negate() } else { other })?;
            }
            Ok(value)
        })
    }

    fn product(&mut self) -> Result {
        let mut value = self.signed()?;
        while let Some(sign) = self.take_one_of("*/%") {
            let other = self.signed()?;
            value = match sign {
                '*' => value.multiply(other)?,
                '/' => value.divide(other)?,
                _ => value.remainder(other)?,
            };
        }
        Ok(value)
    }

    fn signed(&mut self) -> Result {
        match self.take_one_of("+-") {
            Some(sign) => {
                let value = self.deeper(Self::signed)?;
                Ok(if sign == '-' { value.negate() } else { value })
            }
            None => self.power(),
        }
    }

    fn power(&mut self) -> Result {
        let base = self.percent()?;
        if self.take_one_of("^").is_none() {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        base.power(exponent)
    }

    fn percent(&mut self) -> Result {
        let mut value = self.atom()?;
        while self.is_sign('%') && !self.operand_follows() {
            self.next += 1;
            value = value.percent()?;
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result {
        const EXPECTED: &str = "a number, a function or `(`";
        let Some(Placed { token, at }) = self.peek().cloned() else { return Err(self.expected(EXPECTED)) };
        match token {
            Token::Number(value) => {
                self.next += 1;
                Ok(Number::exact(value))
            }
            Token::Name(name) => {
                self.next += 1;
                self.function(&name, at)
            }
            Token::Sign('(') => {
                self.next += 1;
                let value = self.sum()?;
                self.close()?;
                Ok(value)
            }
            Token::Sign(_) => Err(self.expected(EXPECTED)),
        }
    }

    fn function(&mut self, name: &str, at: usize) -> Result {
        if !matches!(name, "round" | "min" | "max" | "abs") {
            return Err(CalculatorError::UnknownName(name.chars().take(40).collect(), at));
        }
        if self.take_one_of("(").is_none() {
            return Err(self.expected("`(` after the name of a function"));
        }
        let mut arguments = vec![self.sum()?];
        while self.take_one_of(",").is_some() {
            if arguments.len() == ARGUMENTS_MAX {
                return Err(CalculatorError::BadArguments("a function takes at most 64 arguments"));
            }
            arguments.push(self.sum()?);
        }
        self.close_arguments()?;
        apply(name, &arguments)
    }

    fn close(&mut self) -> Result<()> {
        match self.peek() {
            Some(Placed { token: Token::Sign(','), at }) => Err(CalculatorError::Comma(*at)),
            _ => self.close_arguments(),
        }
    }

    fn close_arguments(&mut self) -> Result<()> {
        self.take_one_of(")").map(|_| ()).ok_or_else(|| self.expected("an operator or `)`"))
    }

    /// Whether what comes after the next token begins an operand, signs aside.
    fn operand_follows(&self) -> bool {
        let after = self.tokens.get(self.next + 1).map(|placed| &placed.token);
        matches!(after, Some(Token::Number(_) | Token::Name(_) | Token::Sign('(')))
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result) -> Result {
        self.levels += 1;
        if self.levels > LEVELS_MAX {
            return Err(CalculatorError::TooDeep);
        }
        let value = read(self);
        self.levels -= 1;
        value
    }

    fn peek(&self) -> Option<&Placed> {
        self.tokens.get(self.next)
    }

    fn is_sign(&self, sign: char) -> bool {
        self.peek().is_some_and(|placed| placed.token == Token::Sign(sign))
    }

    fn take_one_of(&mut self, signs: &str) -> Option<char> {
        let Some(Token::Sign(sign)) = self.peek().map(|placed| &placed.token) else { return None };
        let sign = signs.contains(*sign).then_some(*sign)?;
        self.next += 1;
        Some(sign)
    }

    fn expected(&self, expected: &'static str) -> CalculatorError {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Placed { token: Token::Number(value), at }) => format!("`{value}` at character {at}"),
            Some(Placed { token: Token::Name(name), at }) => {
                format!("`{}` at character {at}", name.chars().take(40).collect::<String>())
            }
            Some(Placed { token: Token::Sign(sign), at }) => format!("`{sign}` at character {at}"),
        };
        CalculatorError::Expected { expected, found }
    }
}

fn apply(name: &str, arguments: &[Number]) -> Result {
    match (name, arguments) {
        ("abs", [value]) => Ok(value.absolute()),
        ("abs", _) => Err(CalculatorError::BadArguments("abs takes one argument")),
        ("round", [value]) => value.round(Number::exact(0.into())),
        ("round", [value, digits]) => value.round(*digits),
        ("round", _) => Err(CalculatorError::BadArguments("round takes a value and a number of digits")),
        ("min", [first, rest @ ..]) => Ok(best(*first, rest, |a, b| a < b)),
        (_, [first, rest @ ..]) => Ok(best(*first, rest, |a, b| a > b)),
        (_, []) => Err(CalculatorError::BadArguments("a function takes at least one argument")),
    }
}

fn best(first: Number, rest: &[Number], better: fn(rust_decimal::Decimal, rust_decimal::Decimal) -> bool) -> Number {
    let rounded = first.rounded || rest.iter().any(|number| number.rounded);
    let value = rest.iter().fold(first.value, |best, next| if better(next.value, best) { next.value } else { best });
    Number { value, rounded }
}
