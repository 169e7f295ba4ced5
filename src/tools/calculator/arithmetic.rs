//! Decimal arithmetic that says when it cannot be exact.

use rust_decimal::{Decimal, RoundingStrategy};

use super::error::CalculatorError;

/// The largest exponent of a power.
pub(super) const EXPONENT_MAX: u32 = 100;

/// The smallest coefficient that may have lost a digit: 10^27.
const COEFFICIENT_FULL: i128 = 10_i128.pow(27);

/// A value, and whether a digit may have been lost on the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: Decimal,
    pub(super) rounded: bool,
}

type Result = std::result::Result<Number, CalculatorError>;

impl Number {
    pub(super) fn exact(value: Decimal) -> Self {
        Self { value: value.normalize(), rounded: false }
    }

    pub(super) fn add(self, other: Self) -> Result {
        let (a, b) = (self.value, other.value);
        let sum = a.checked_add(b).ok_or(CalculatorError::Overflow)?;
        let lost = sum.checked_sub(a) != Some(b) || sum.checked_sub(b) != Some(a);
        Ok(self.to(other, sum, lost))
    }

    pub(super) fn negate(self) -> Self {
        Self { value: -self.value, ..self }
    }

    pub(super) fn multiply(self, other: Self) -> Result {
        let (a, b) = (self.value, other.value);
        let product = a.checked_mul(b).ok_or(CalculatorError::Overflow)?;
        if product.is_zero() && !a.is_zero() && !b.is_zero() {
            return Err(CalculatorError::Underflow);
        }
        let lost = !product.is_zero() && product.scale() < a.scale() + b.scale();
        Ok(self.to(other, product, lost))
    }

    pub(super) fn divide(self, other: Self) -> Result {
        let (a, b) = (self.value, other.value);
        if b.is_zero() {
            return Err(CalculatorError::DivisionByZero);
        }
        let quotient = a.checked_div(b).ok_or(CalculatorError::Overflow)?.normalize();
        if quotient.is_zero() && !a.is_zero() {
            return Err(CalculatorError::Underflow);
        }
        // A quotient that needs every digit there is may have needed more; multiplying back could hide that.
        let lost = quotient.checked_mul(b) != Some(a) || quotient.mantissa().abs() >= COEFFICIENT_FULL;
        Ok(self.to(other, quotient, lost))
    }

    pub(super) fn remainder(self, other: Self) -> Result {
        if other.value.is_zero() {
            return Err(CalculatorError::DivisionByZero);
        }
        let rest = self.value.checked_rem(other.value).ok_or(CalculatorError::Overflow)?;
        Ok(self.to(other, rest, false))
    }

    pub(super) fn percent(self) -> Result {
        self.divide(Self::exact(Decimal::ONE_HUNDRED))
    }

    pub(super) fn power(self, exponent: Self) -> Result {
        let whole = small_whole(exponent.value)
            .filter(|whole| whole.unsigned_abs() <= EXPONENT_MAX)
            .ok_or_else(|| CalculatorError::BadExponent(exponent.value.to_string()))?;
        let power = self.raised(whole.unsigned_abs())?;
        let power = if whole < 0 { Self::exact(Decimal::ONE).divide(power)? } else { power };
        Ok(Self { rounded: power.rounded || exponent.rounded, ..power })
    }

    /// Multiplies one by one: squaring would overflow on the way in cases where the result does not.
    fn raised(self, times: u32) -> Result {
        (0..times).try_fold(Self::exact(Decimal::ONE), |power, _| power.multiply(self))
    }

    pub(super) fn absolute(self) -> Self {
        Self { value: self.value.abs(), ..self }
    }

    /// To that many decimal places, half away from zero, as prices are rounded.
    pub(super) fn round(self, digits: Self) -> Result {
        let places = small_whole(digits.value)
            .and_then(|whole| u32::try_from(whole).ok())
            .filter(|places| *places <= Decimal::MAX_SCALE)
            .ok_or(CalculatorError::BadArguments("round: the number of digits must be a whole number from 0 to 28"))?;
        let value = self.value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        Ok(Self { value: value.normalize(), ..self })
    }

    /// As people write it: no zeros at the end, no minus before zero.
    pub(super) fn text(self) -> String {
        if self.value.is_zero() { "0".to_owned() } else { self.value.normalize().to_string() }
    }

    fn to(self, other: Self, value: Decimal, lost: bool) -> Self {
        Self { value: value.normalize(), rounded: self.rounded || other.rounded || lost }
    }
}

fn small_whole(value: Decimal) -> Option<i32> {
    value.is_integer().then(|| i32::try_from(value).ok()).flatten()
}
