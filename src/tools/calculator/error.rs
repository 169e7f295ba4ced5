//! Why an expression has no value.

use super::{EXPRESSION_BYTES_MAX, LEVELS_MAX, arithmetic::EXPONENT_MAX};

/// Why an expression has no value. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalculatorError {
    /// Nothing to calculate.
    #[error("the expression is empty")]
    Empty,
    /// Too long.
    #[error("the expression has {0} bytes; at most {EXPRESSION_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// Parentheses, signs and powers within each other.
    #[error("the expression is nested more than {LEVELS_MAX} levels deep")]
    TooDeep,
    /// A character that means nothing here.
    #[error("`{0}` at character {1} is not part of an expression")]
    BadCharacter(char, usize),
    /// Not a number that 28 digits can hold.
    #[error("`{0}` at character {1} is not a number with at most 28 digits and one decimal point")]
    BadNumber(String, usize),
    /// A comma outside of a function: it could separate thousands or decimals.
    #[error(
        "the `,` at character {0} is ambiguous: write decimals with a point and thousands without a separator; \
         a comma separates the arguments of a function"
    )]
    Comma(usize),
    /// Something else should stand here.
    #[error("expected {expected} but found {found}")]
    Expected {
        /// What should stand here.
        expected: &'static str,
        /// What stands here, with its position.
        found: String,
    },
    /// No such function.
    #[error("`{0}` at character {1} is not a function; there are round(x, digits), min, max and abs")]
    UnknownName(String, usize),
    /// Too few or too many arguments, or one out of range.
    #[error("{0}")]
    BadArguments(&'static str),
    /// Nothing can be divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// Too large.
    #[error("the result is out of range: at most 28 digits can be held")]
    Overflow,
    /// So small that nothing would be left of it.
    #[error("the result is too small: at most 28 decimal places can be held")]
    Underflow,
    /// Only whole powers that are not huge.
    #[error("the exponent {0} is not a whole number from -{EXPONENT_MAX} to {EXPONENT_MAX}")]
    BadExponent(String),
}
