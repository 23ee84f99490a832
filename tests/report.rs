//! x
use log_gardener::report::Templates;
#[test]
fn loads() {
    if let Err(problems) = Templates::load(&[]) {
        for p in problems { println!("{p}\n  hint: {}\n", p.hint); }
        panic!();
    }
}
