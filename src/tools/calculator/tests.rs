//! Calculations, refusals, and a comparison with floating point.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(expression: &str, expected: &str) {
    let calculated = calculate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert_eq!((calculated.result.as_str(), calculated.rounded), (expected, false), "{expression}");
}

#[track_caller]
fn check_rounded(expression: &str, begins: &str) {
    let calculated = calculate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert!(calculated.rounded && calculated.result.starts_with(begins), "{expression}: {calculated:?}");
}

#[track_caller]
fn refused(expression: &str, says: &str) {
    let error = calculate(expression).expect_err(expression).to_string();
    assert!(error.contains(says), "{expression}: {error}");
}

#[test]
fn decimals_are_exact() {
    check("0.1 + 0.2", "0.3");
    check("1.10 * 3", "3.3");
    check("10 / 4", "2.5");
    check("1000000000000000 * 1000000000000", "1000000000000000000000000000");
    check("0.1 - 0.1", "0");
    check("-0", "0");
}

#[test]
fn operators_bind_as_usual() {
    check("2 + 3 * 4", "14");
    check("(2 + 3) * 4", "20");
    check("2 - 3 - 4", "-5");
    check("16 / 4 / 2", "2");
    check("-2^2", "-4");
    check("(-2)^2", "4");
    check("2^3^2", "512");
    check("2^-2", "0.25");
    check("2^0", "1");
    check("--3 - +-3", "6");
    check("2*-3", "-6");
    check("6 ÷ 2 × 5 − 1", "14");
}

#[test]
fn percent_is_a_hundredth_unless_an_operand_follows() {
    check("20%", "0.2");
    check("200 * 15%", "30");
    check("100 * (1 + 20%)", "120");
    check("20% + 5", "5.2");
    check("10 % 3", "1");
    check("10 % (1 + 2)", "1");
    check("-7.5 % 2", "-1.5");
    check("50%%", "0.005");
    check("50% * 50%", "0.25");
}

#[test]
fn functions_take_their_arguments() {
    check("round(2.5)", "3");
    check("round(-2.5)", "-3");
    check("round(1.005, 2)", "1.01");
    check("ROUND(12.3456, 1 + 1)", "12.35");
    check("min(3, 1.5, 2)", "1.5");
    check("max(3, min(9, 4), 2)", "4");
    check("abs(-3.2)", "3.2");
    refused("abs(1, 2)", "one argument");
    refused("round(1, 2, 3)", "number of digits");
    refused("round(1, 29)", "from 0 to 28");
    refused("round(1, 0.5)", "from 0 to 28");
    refused(&format!("max({}1)", "1,".repeat(64)), "64 arguments");
}

#[test]
fn a_result_that_lost_digits_says_so() {
    check_rounded("1 / 3", "0.3333");
    check_rounded("80 / 3", "26.666");
    check_rounded("round(2 / 3, 2)", "0.67");
    check_rounded("round((1200 + 350) / (1 - 15% - 20%), 2)", "2384.62");
    check_rounded("2^90 + 2^-20", "1237940039285380274899124224");
    check_rounded("0.123456789012345 * 0.123456789012345", "0.01524157875323");
}

#[test]
fn what_cannot_be_held_is_refused() {
    refused("1 / 0", "division by zero");
    refused("1 % 0", "division by zero");
    refused("0 ^ -1", "division by zero");
    refused("2 ^ 100", "out of range");
    refused("10 ^ 29", "out of range");
    refused("9999999999999999999999999999 * 99", "out of range");
    refused("0.1 ^ 30", "too small");
    refused("10 ^ -28 / 10 ^ 5", "too small");
    refused("2 ^ 0.5", "exponent 0.5");
    refused("1 ^ 101", "exponent 101");
    refused("1 ^ 99999999999", "exponent 99999999999");
    refused("123456789012345678901234567890123", "28 digits");
}

#[test]
fn garbage_is_named_with_its_place() {
    refused("", "empty");
    refused("  \n", "empty");
    refused("1 +", "found the end");
    refused("1 + * 2", "`*` at character 5");
    refused("1 2", "`2` at character 3");
    refused("(1", "`)` but found the end");
    refused("1)", "`)` at character 2");
    refused("()", "`)` at character 2");
    refused("sqrt(4)", "`sqrt` at character 1");
    refused("цена * 2", "`цена` at character 1");
    refused("abs 4", "`(` after the name");
    refused("1e5", "`e5` at character 2");
    refused("1.2.3", "1.2.3");
    refused("5.", "`5.`");
    refused(".", "`.`");
    refused("1 & 2", "`&` at character 3");
    refused("0x10", "`x10`");
    refused("٣ + 1", "`٣` at character 1");
}

#[test]
fn an_ambiguous_comma_is_refused() {
    refused("1,5 + 2", "ambiguous");
    refused("(1,234) * 2", "ambiguous");
    refused("1,", "ambiguous");
}

#[test]
fn length_and_depth_are_bounded() {
    refused(&"1+".repeat(600), "1200 bytes");
    refused(&format!("{}1{}", "(".repeat(65), ")".repeat(65)), "64 levels");
    refused(&format!("{}1", "-".repeat(900)), "64 levels");
    refused(&vec!["1"; 400].join("^"), "64 levels");
    check(&format!("{}1{}", "(".repeat(60), ")".repeat(60)), "1");
    check(&format!("0{}", "+1".repeat(499)), "499");
}

#[tokio::test]
async fn the_tool_answers_through_a_toolbox() {
    use std::{sync::Arc, time::Duration};

    use crate::tools::{Grant, ToolBox};
    let grant = Grant { tool: Arc::new(Calculator::new()), time_max: Duration::from_secs(1), result_bytes_max: 1000 };
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    let context = ToolContext::of_test();
    let answer = toolbox.call("calculator", json!({"expression": "2*3.50"}), &context).await.unwrap();
    assert_eq!(answer.result, json!({"result": "7", "rounded": false}));
    let failed = toolbox.call("calculator", json!({"expression": "2/0"}), &context).await.unwrap_err();
    assert_eq!(failed, ToolError::Failed("division by zero".into()));
    let bad = toolbox.call("calculator", json!({"expr": "2"}), &context).await.unwrap_err();
    assert!(matches!(bad, ToolError::BadArguments(_)), "{bad}");
}

/// An expression with its value in binary floating point.
fn expressions() -> impl Strategy<Value = (String, f64)> {
    let number = (1_u32..100_000, 0_u32..4).prop_map(|(digits, places)| {
        let value = f64::from(digits) / 10_f64.powi(i32::try_from(places).unwrap());
        (format!("{value}"), value)
    });
    number.prop_recursive(4, 24, 2, |inner| {
        (inner.clone(), inner, 0..5).prop_map(|((a, x), (b, y), operator)| match operator {
            0 => (format!("({a} + {b})"), x + y),
            1 => (format!("({a} - {b})"), x - y),
            2 => (format!("({a}*{b})"), x * y),
            3 => (format!("min({a}, {b})"), x.min(y)),
            _ => (format!("({a} / ({b} + {b}))"), x / (y + y)),
        })
    })
}

proptest! {
    #[test]
    fn the_value_is_that_of_floating_point_within_its_error((expression, expected) in expressions()) {
        let Ok(Calculated { result, .. }) = calculate(&expression) else {
            // Out of range, too small, or a division by a difference of zero: covered above by name.
            return Ok(());
        };
        let value: f64 = result.parse().unwrap();
        // A difference of close numbers has lost digits in floating point, so the tolerance is that of the operands.
        prop_assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{expression} = {value}, not {expected}");
    }

    #[test]
    fn a_division_multiplied_back_is_the_same_number(a in -10_000_000_i64..10_000_000, b in 1_i64..100_000) {
        let calculated = calculate(&format!("round({a} / {b} * {b}, 15)")).unwrap();
        prop_assert_eq!(calculated.result, a.to_string());
    }

    #[test]
    fn a_remainder_is_that_of_whole_numbers(a in -1_000_000_000_i64..1_000_000_000, b in 1_i64..100_000) {
        prop_assert_eq!(calculate(&format!("({a}) % {b}")).unwrap().result, (a % b).to_string());
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        calculate(&text).ok();
    }

    #[test]
    fn no_mix_of_its_own_signs_makes_it_panic(text in r"([-+*/%^(),. ]|[0-9]{1,29}|round|min|max|abs){0,60}") {
        calculate(&text).ok();
    }
}
