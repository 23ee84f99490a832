//! Writes lines of invented systems, each with the number of the statement that made it.
//! Leaves out judging what a miner makes of them: `tests/mining.rs` does.
//!
//! A house is a text: `header: …`, then one statement a line with the number of lines it makes. `{kind}` is
//! a value of that kind, `{one:a|b}` one of few, `{opt:…}` a part that may be absent.

/// Numbers that look random and are the same in every run (xorshift64*, Vigna 2016).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % most.max(1) as u64) as usize
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at + 1);
            items.swap(at, other);
        }
    }

    fn of<'t>(&mut self, items: &[&'t str]) -> &'t str {
        items[self.below(items.len())]
    }

    /// Takes early items far more often than late ones, as names in logs are.
    fn often<'t>(&mut self, items: &[&'t str]) -> &'t str {
        let most = 1 + self.below(items.len());
        items[self.below(most)]
    }
}

/// A line: its statement, its text without the header and with it.
pub(crate) struct Line {
    pub(crate) statement: usize,
    pub(crate) content: String,
    pub(crate) raw: String,
}

/// Writes all lines of a house, shuffled.
pub(crate) fn lines(house: &str, seed: u64) -> Vec<Line> {
    let mut dice = Dice::new(seed);
    let mut header = "";
    let mut lines = Vec::new();
    let rows = house.lines().filter(|row| !row.starts_with('#'));
    for (statement, row) in rows.enumerate() {
        if let Some(text) = row.strip_prefix("header: ") {
            header = text;
            continue;
        }
        let (count, text) = row.split_once(' ').expect("a count and a statement");
        for _ in 0..count.parse().expect("a count") {
            let content = fill(text, statement, &mut dice).trim().to_string();
            let raw = fill(header, statement, &mut dice) + &content;
            lines.push(Line { statement, content, raw });
        }
    }
    dice.shuffle(&mut lines);
    lines
}

/// Replaces what stands in braces; unknown kinds are braces of the statement itself.
fn fill(text: &str, statement: usize, dice: &mut Dice) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let mut depth = 1;
        let close = inner.find(|letter| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            depth == 0
        });
        let close = close.expect("a closed brace");
        let (kind, argument) = inner[..close].split_once(':').unwrap_or((&inner[..close], ""));
        match value(kind, argument, statement, dice) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("{{{}}}", fill(&inner[..close], statement, dice))),
        }
        rest = &inner[close + 1..];
    }
    out + rest
}

const USERS: [&str; 30] = [
    "root",
    "admin",
    "anna",
    "test",
    "berta",
    "guest",
    "oskar",
    "ubuntu",
    "pi",
    "mysql",
    "nagios",
    "karl",
    "postfix",
    "webmaster",
    "zoe",
    "ftpuser",
    "deploy",
    "jan",
    "lena",
    "x11vnc",
    "ghost",
    "noc",
    "tomcat",
    "svc-mail",
    "emil",
    "ida",
    "hugo",
    "r.roe",
    "0101",
    "DUP",
];
const WORDS: [&str; 24] = [
    "bakery", "ledger", "oven", "garden", "mill", "harbour", "meadow", "lantern", "anvil", "copper", "willow",
    "saddle", "pepper", "thistle", "quarry", "ribbon", "cellar", "beacon", "orchard", "pebble", "violin", "walnut",
    "yarrow", "zinc",
];
const PACKAGES: [&str; 9] = [
    "com.acme.mail",
    "android",
    "com.acme.chat",
    "org.roe.player",
    "com.acme.systemui",
    "com.acme.phone.incall",
    "net.mill.map",
    "com.acme.mail.sync",
    "io.willow.notes",
];
const CLASSES: [&str; 8] = [
    "org.mill.net.Pipe",
    "org.mill.v2.app.Planner",
    "org.mill.ipc.Client",
    "org.mill.conf.Settings",
    "org.mill.v2.rm.Asker",
    "org.mill.http.Door",
    "org.mill.store.DataStreamer",
    "org.mill.task.TaskTryImpl",
];
const PHRASES: [&str; 10] = [
    "the mill stands still",
    "No such file",
    "connection refused",
    "spring sale",
    "The request timed out.",
    "two words",
    "cannot parse response",
    "it is full",
    "Sent (ok Message accepted for delivery)",
    "one",
];
const HOSTS: [&str; 12] = [
    "mail.roe.example",
    "elm",
    "birch.mill.example",
    "db",
    "203-0-113-7.dyn.isp.example",
    "node-7.mill.example",
    "localhost",
    "gw2",
    "static.corp.example",
    "oak",
    "ldap.roe.example",
    "10-3-1-4.pool.example",
];
const NODES: [&str; 16] = [
    "dn228",
    "an73",
    "en257",
    "tbird-admin1",
    "node-148",
    "gige7",
    "sn2",
    "bn431",
    "dn3",
    "ladmin2",
    "full",
    "node-D0",
    "cn12",
    "an880",
    "aadmin1",
    "dn700",
];
const BIGHOSTS: [&str; 4] = ["mill-QX4R.corp.example", "MILLSA-04", "minst-7ui.corp.example", "MILLFN-02.local"];

fn value(kind: &str, argument: &str, statement: usize, dice: &mut Dice) -> Option<String> {
    let number = |dice: &mut Dice, most: usize| dice.below(most).to_string();
    let list = |of: &str, mark: &str, dice: &mut Dice| {
        let count = 1 + dice.below(5);
        (0..count).filter_map(|_| value(of, "", statement, dice)).collect::<Vec<_>>().join(mark)
    };
    let hex = |dice: &mut Dice, length: usize| {
        (0..length).map(|_| char::from_digit(dice.below(16) as u32, 16).unwrap_or('0')).collect::<String>()
    };
    let two = |dice: &mut Dice, from: usize, most: usize| format!("{:02}", from + dice.below(most));
    let text = match kind {
        "one" => dice.of(&argument.split('|').collect::<Vec<_>>()).to_string(),
        "opt" => {
            if dice.below(3) > 0 {
                fill(argument, statement, dice)
            } else {
                String::new()
            }
        }
        "nullor" => {
            if dice.below(2) > 0 {
                argument.to_string()
            } else {
                "null".to_string()
            }
        }
        "nothing" => String::new(),
        "sp" => " ".to_string(),
        "num" => {
            let size = dice.of(&["4", "30", "900", "70000", "4000000"]);
            number(dice, size.parse().unwrap_or(9))
        }
        "neg" => format!("{}{}", dice.of(&["-", "-", ""]), dice.below(900)),
        "float" => format!("{}.{}", dice.below(300), dice.below(99)),
        "exp" => format!("{}.{}e-{}", dice.below(9), dice.below(9999), two(dice, 1, 12)),
        "d3" => format!("{:03}", dice.below(1000)),
        "pid" | "port" => (1024 + dice.below(60_000)).to_string(),
        "status" => dice.of(&["200", "204", "301", "404", "500"]).to_string(),
        "bool" => dice.of(&["true", "false"]).to_string(),
        "hex" => hex(dice, 8),
        "hex1" => hex(dice, 1),
        "hexid" => format!("jA9{}", hex(dice, 11)),
        "hexaddr" => format!("0x{}", hex(dice, 9)),
        "sha" => hex(dice, 64),
        "uuid" => format!("{}-{}-{}-{}-{}", hex(dice, 8), hex(dice, 4), hex(dice, 4), hex(dice, 4), hex(dice, 12)),
        "mac" => (0..6).map(|_| hex(dice, 2)).collect::<Vec<_>>().join(":"),
        "ip" => format!("{}.{}.{}.{}", 1 + dice.below(220), dice.below(250), dice.below(250), dice.below(250)),
        "ips" => list("ip", ", ", dice),
        "pci" => format!("0000:{}:{}.{}", hex(dice, 2), two(dice, 0, 30), dice.below(8)),
        "version" => format!("{}.{}.{}", dice.below(9), dice.below(30), dice.below(9)),
        "dur" => format!("{}{}", dice.below(900), dice.of(&["ms", "s", "us"])),
        "user" => dice.often(&USERS).to_string(),
        "users" => list("user", ", ", dice),
        "word" => dice.often(&WORDS).to_string(),
        "words" => list("word", ", ", dice),
        "upper" => dice.of(&["IDLE_WAKE", "SURFACE", "TOKEN", "MAINTENANCE", "LID"]).to_string(),
        "label" => format!(
            "{}{}",
            dice.of(&["*launch*", "*dispatch*", "View Lock", "Radio_poll", "*job*/"]),
            dice.of(&["", "", "/.Main", " 2"])
        ),
        "pkg" => dice.often(&PACKAGES).to_string(),
        "activity" => format!("{}/.{}", dice.often(&PACKAGES), dice.of(&["Main", "Chat", "ui.Inbox", "Map"])),
        "intent" => format!("org.roe.call.{}", dice.of(&["TICK", "WIFI_STATE", "BADGE", "BATTERY"])),
        "stream" => dice.of(&["STREAM_RING", "STREAM_MUSIC", "STREAM_VOICE", "STREAM_ALARM"]).to_string(),
        "class" => dice.often(&CLASSES).to_string(),
        "class2" => CLASSES[statement % CLASSES.len()].rsplit('.').next().map(|last| format!("part.{last}"))?,
        "javaobj" => format!("{}@{}", dice.often(&CLASSES), hex(dice, 7)),
        "exception" | "javaexception" => dice
            .of(&[
                "java.io.IOException",
                "java.net.SocketException",
                "java.nio.ClosedByInterruptException",
                "org.mill.LostNode",
            ])
            .to_string(),
        "phrase" => dice.of(&PHRASES).to_string(),
        "host" | "hostname" => dice.often(&HOSTS).to_string(),
        "bighost" => dice.often(&BIGHOSTS).to_string(),
        "deskhost" => dice.of(&["calvisitor-10", "authors-book", "authors-book"]).to_string(),
        "iporhost" => {
            if dice.below(2) > 0 {
                value("ip", "", 0, dice)?
            } else {
                dice.often(&HOSTS).to_string()
            }
        }
        "node" => dice.often(&NODES).to_string(),
        "path" => format!(
            "/{}/{}/{}{}",
            dice.of(&["var", "opt", "data"]),
            dice.often(&WORDS),
            dice.often(&WORDS),
            dice.of(&["", ".c", "-7.txt"])
        ),
        "url" => format!("https://{}/{}?q={}", dice.often(&HOSTS), dice.often(&WORDS), dice.below(99)),
        "script" => format!(
            "{}{}",
            dice.of(&["run-parts /etc/cron.hourly", "/usr/lib/sa/sa1 1 1", "/root/tick.sh", "sh /opt/mill/grind -q"]),
            dice.of(&["", " > /dev/null", ""])
        ),
        "bundle" => format!("com.roe.{}{}", dice.often(&WORDS), dice.of(&["", ".helper", ".agent"])),
        "domain" => dice.of(&["RoeCloudDomain", "NetDomain", "com.roe.errors"]).to_string(),
        "proc" => dice
            .often(&["kernel", "windowd", "QQ", "mDNS", "com.roe.CDS", "Roe Mail", "netd", "cloudd", "corecaptured"])
            .to_string(),
        "daemon2" => dice.often(&["kernel", "indexer", "QQ", "mDNS", "netd", "cloudd", "backup"]).to_string(),
        "iface" => format!("{}{}/{}", dice.of(&["Gi", "Te", "FastEth", "Eth"]), dice.below(3), dice.below(48)),
        "proc2" => dice.often(&["bgpd", "snmpd", "cdp", "lacp", "stpd", "ntpd"]).to_string(),
        "threadname" => dice.of(&["http-nio-8080-exec-3", "http-nio-8080-exec-11", "scheduler-1", "main"]).to_string(),
        "build" => format!("{}G{}", 10 + dice.below(9), dice.below(3000)),
        "garble" => dice.of(&["GET / HTTP/1.1", "\\003", "USER roe", ""]).to_string(),
        "attempt" => format!(
            "try_1445{}_{}_{}_{}_{}",
            10 + dice.below(60),
            two(dice, 10, 20),
            dice.of(&["m", "r"]),
            two(dice, 0, 40),
            dice.below(3)
        ),
        "container" => format!("holder_1445{}_{}_01_{}", 10 + dice.below(60), two(dice, 10, 20), two(dice, 0, 40)),
        "task" => format!(
            "task_1445{}_{}_{}_{}",
            10 + dice.below(60),
            two(dice, 10, 20),
            dice.of(&["m", "r"]),
            two(dice, 0, 40)
        ),
        "job" => format!("job_1445{}_{}", 10 + dice.below(60), two(dice, 10, 20)),
        "block" => format!(
            "BP-{}-10.3.1.4-1445{}:blk_{}_{}",
            dice.below(9999),
            dice.below(999),
            dice.below(999_999),
            dice.below(9999)
        ),
        "rdd" => match dice.below(2) {
            0 => format!("rdd_{}_{}", dice.below(90), dice.below(90)),
            _ => format!("broadcast_{}{}", dice.below(30), dice.of(&["", "_piece0"])),
        },
        "state" => dice.of(&["LOOKING", "FOLLOWING", "LEADING"]).to_string(),
        "call" => dice.of(&["create", "delete", "getData", "setData"]).to_string(),
        "code" => dice.of(&["NoNode", "NodeExists", "BadVersion"]).to_string(),
        "long" => (0..400 + dice.below(800)).map(|at| format!("w{at} ")).collect::<String>(),
        // Headers.
        "md" => format!("{}-{}", two(dice, 1, 12), two(dice, 1, 28)),
        "hms" => format!("{}:{}:{}", two(dice, 0, 24), two(dice, 0, 60), two(dice, 0, 60)),
        "ymd" => format!("2031-10-{}", two(dice, 1, 28)),
        "ymd2" => format!("31/10/{}", two(dice, 1, 28)),
        "ymddot" => format!("2031.11.{}", two(dice, 1, 28)),
        "iso" => format!("2031-10-{}T{}:{}:07.123Z", two(dice, 1, 28), two(dice, 0, 24), two(dice, 0, 60)),
        "mon" => dice.of(&["Jul", "Dec", "Nov"]).to_string(),
        "day" => (10 + dice.below(18)).to_string(),
        "epoch" => (1_931_560_000 + dice.below(900_000)).to_string(),
        "letter2" => dice.of(&["I", "W", "E"]).to_string(),
        "mmdd" => format!("10{}", two(dice, 1, 28)),
        "dow" => dice.of(&["Sun", "Mon", "Tue"]).to_string(),
        "llevel" => dice.of(&["notice", "error", "info"]).to_string(),
        "letter" => dice.of(&["V", "D", "I", "W", "E"]).to_string(),
        "level" => dice.of(&["INFO", "INFO", "WARN", "ERROR"]).to_string(),
        "level5" => dice.of(&["INFO ", "WARN ", "ERROR"]).to_string(),
        "logger" => ["WindowThing", "PowerThing", "Panel.Bar", "chatty", "TuneHub"][statement % 5].to_string(),
        "thread" => dice
            .of(&["main", "IPC Server handler 3 on 62270", "HolderLauncher #4", "fetcher#2", "Ping Checker"])
            .to_string(),
        "qthread" => match dice.below(4) {
            0 => format!("Thing/10.10.34.{}:3888:Hub$Taker@{}", dice.below(30), dice.below(900)),
            1 => "QuorumThing[myid=1]/0:0:0:0:0:0:0:0:2181:Quorum@774".to_string(),
            2 => format!("SendHand:{}:Hub$SendHand@{}", dice.below(999_999), dice.below(900)),
            _ => "main:Main@33".to_string(),
        },
        "daemon" => match statement % 4 {
            0 => format!("crond(door_unix)[{}]", dice.below(9000)),
            1 => format!("dhcp_sub[{}]", dice.below(9000)),
            2 => "kernel".to_string(),
            _ => format!("gmetad[{}]", dice.below(9000)),
        },
        _ => return None,
    };
    Some(text)
}
