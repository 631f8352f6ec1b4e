#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what compilers do not: layering, budgets, banned calls, coroutine shapes, dead files.

Prints `file:line: rule: message` for each finding and a closing count; exits 1 if there is any.
There is no way to suppress a finding: the code changes, or the rule does. Reads C++ without parsing
it: comments and literals are blanked, then braces are matched."""
import fnmatch
import pathlib
import re
import subprocess
import sys

FILE_LINES, FUNCTION_LINES, PARAMETERS, COLUMNS = 800, 70, 6, 100
ROOMS = ["base", "protocol", "storage", "cluster", "broker"]
# A room includes itself and the rooms before it; the two on top include all but each other.
DOORS = {room: set(ROOMS[:at + 1]) for at, room in enumerate(ROOMS)}
DOORS |= {"cli": {*ROOMS, "cli"}, "sim": {*ROOMS, "sim"}}
# State machines: time is an argument, input and output are values.
MACHINES = ["cluster/controller*", "cluster/image_builder*", "broker/group/classic_group*",
            "broker/group/group_shard*", "broker/group/group_records*", "broker/*/*_machine*"]
IMPURE = re.compile(r"^(boost/asio|base/(asio|sim)/|base/(disk|clock|lane|stream|task|signal)\.h)")
# Who may know the real threads, sockets and files: the command line and the broker's wiring.
WIRING = ["base/asio/*", "cli/*", "sim/*", "broker/broker.*", "bench/*"]
BANNED = [  # (rule, what, where it holds, why)
    ("using namespace", r"\busing\s+namespace\b", "everywhere", "names its origin instead"),
    ("detached", r"\bdetached\b", "everywhere", "every task belongs to a TaskGroup"),
    ("naked new", r"(?<!operator )\bnew\b(?!\s*\()|(?<![=\w])\s\bdelete\b(\s*\[\s*\])?\s+\w",
     "everywhere", "use std::make_unique"),
    ("thread", r"\bstd::(jthread|thread|async)\b|\bpthread_create\b", "product", "use Lane, Shard"),
    ("system call", r"(?<![\w>)])::(open|openat|creat|read|preadv?2?|write|pwritev?|fsync|fork|"
     r"fdatasync|ftruncate|rename|unlink|mkdir|socket|accept|connect|send|recv|sendmsg|recvmsg|"
     r"sendfile)\s*\(|\bfopen\s*\(", "product", "use Disk, Network"),
    ("time", r"_clock::now\b|\b(gettimeofday|clock_gettime)\s*\(|(?<![\w.>])time\s*\(\s*(null|0)",
     "product", "use Clock"),
    ("random", r"(?<![\w.>:])(std::)?s?rand\s*\(", "everywhere", "use Random"),
    ("mutex", r"\bstd::(\w*mutex|condition_variable\w*|lock_guard|unique_lock|scoped_lock)\b",
     "loop", "what the loop owns needs no lock"),
    ("capturing coroutine", r"\[[^\[\]\n]+\]\s*\([^()]*(\([^()]*\)[^()]*)*\)\s*(mutable\s*)?->\s*"
     r"Task\s*<", "everywhere", "captures of a lambda coroutine die at its first suspension")]
# What a test guards against stands in its name; docs/TESTING.md says which ids there are.
PITFALLS = re.compile(r"\b([A-Z])(\d\d)-\1(\d\d)\b")
TEST_NAME = re.compile(r"TEST\w*\(\s*\w+\s*,\s*(\w+)\s*\)|\brun\(f?\"(\w+)")
UNFINISHED = re.compile(r"\b(FIX" + r"ME|TO" + r"DO|XX" + r"X)\b")
OWNED_NEW = re.compile(r"_ptr\s*<[^;]*>\s*(\w+\s*)?[({]\s*$")
LITERAL = re.compile(
    r'//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/|R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"|'
    r'"(?:[^"\\\n]|\\.|\\\n)*"|(?<![0-9A-Fa-f])\'(?:[^\'\\\n]|\\.)+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M | re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)
CALLED = re.compile(r"\b(requires|noexcept|decltype|alignas|explicit|__attribute__)\s*\(")


def blank(text):
    """The same text with comments and literals as spaces; lines and columns stay."""
    return LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def matching(text, at):
    """The index of the bracket that closes the one at `at`, or the end of the text."""
    depth, opening = 0, text[at]
    closing = {"(": ")", "{": "}", "[": "]", "<": ">"}[opening]
    for i in range(at, len(text)):
        depth += (text[i] == opening) - (text[i] == closing)
        if depth == 0:
            return i
    return len(text)


def without_calls(header):
    """The header without template<...>, attributes, and words with parentheses of their own."""
    header = re.sub(r"\boperator\s*\(\s*\)", "operator_call", header)
    header = re.sub(r"\[\[[^\[\]]*\]\]", " ", header)
    for word in (re.compile(r"\btemplate\s*<"), CALLED):
        while found := word.search(header):
            header = header[:found.start()] + header[matching(header, found.end() - 1) + 1:]
    return header.strip()


def count_parameters(header):
    """How many parameters stand in the header's first parentheses."""
    inside = header[header.index("(") + 1:matching(header, header.index("("))]
    depth = commas = 0
    for i, c in enumerate(inside):
        if c in "([{<":
            depth += 1
        elif c in ")]}" or (c == ">" and inside[i - 1] != "-"):
            depth -= 1
        commas += c == "," and depth == 0
    return commas + 1 if inside.strip() not in ("", "void") else 0


def kind_of_brace(header):
    """What a brace opens at the scope of declarations: scope, function or value."""
    bare = without_calls(header)
    if re.match(r"(inline\s+)?namespace\b|extern\b\s*$", bare) or bare == "":
        return "scope", bare
    if re.match(r"(typedef\s+)?(class|struct|union|enum)\b", bare) and "(" not in bare:
        return "scope", bare
    round_at = bare.find("(")
    if round_at < 0 or "=" in re.sub(r"operator\s*[^\w\s(]+", "", bare[:round_at]):
        return "value", bare
    after = bare[matching(bare, round_at) + 1:]
    # of a constructor's initialisers `: member{` is a value, `: member(1) {` opens the body
    if re.match(r"\s*:(?!:)", after) and re.search(r"[\w>]\s*$", after):
        return "value", bare
    return "function", bare


def functions(code):
    """(first line, lines, parameters) of every function body outside other functions."""
    start = at = 0
    while at < len(code):
        c = code[at]
        if c in ";}":
            start = at + 1
        elif c == "(":
            at = matching(code, at)
        elif c == "{":
            kind, header = kind_of_brace(re.sub(r"^\s*(public|private|protected)\s*:", "",
                                                code[start:at]))
            if kind != "scope":
                end = matching(code, at)
                if kind == "function":
                    yield line_of(code, at), code.count("\n", at, end) + 1, count_parameters(header)
                    start = end + 1
                at = end
            else:
                start = at + 1
        elif c == ":" and re.fullmatch(r"\s*(public|private|protected)\s*", code[start:at]):
            start = at + 1
        at += 1


def co_await_findings(code):
    """Braces and lambdas inside the statement of a co_await: name it, then await it."""
    for found in re.finditer(r"\bco_await\b", code):
        before = code[max(code.rfind(c, 0, found.start()) for c in ";{}") + 1:found.start()]
        if re.match(r"\s*[,)]", before):
            yield found.start(), "brace"
        at, depth = found.end(), 0
        while at < len(code) and depth >= 0 and code[at] != ";":
            c = code[at]
            if c == "{":
                if depth > 0 or re.search(r"[\w>]\s*$", code[found.end():at]):
                    yield found.start(), "brace"
                break
            if c == "[" and re.search(r"[(,=]\s*$", code[found.start():at]):
                yield found.start(), "lambda"
                break
            depth += (c in "([") - (c in ")]")
            at += 1


class Tree:
    def __init__(self, root):
        self.root, self.findings, self.bad = root, [], set()
        self.files = self.list_files()
        self.texts = {name: (root / name).read_text(errors="replace") for name in self.files}
        self.includes = {name: [(found.group(1), line_of(text, found.start()))
                                for found in INCLUDE.finditer(text)]
                         for name, text in self.texts.items() if name.endswith((".h", ".cc"))}

    def list_files(self):
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True)
        wanted = (".h", ".cc", ".py", ".sh", "CMakeLists.txt")
        return sorted({name for name in listed.stdout.splitlines()
                       if name.endswith(wanted) and (self.root / name).is_file()})

    def find(self, name, line, rule, message):
        self.findings.append((name, line, rule, message))
        self.bad.add(name)

    def check(self):
        for name, text in self.texts.items():
            self.check_text(name, text)
            if name in self.includes:
                self.check_code(name, text)
                self.check_doors(name)
                self.check_purity(name)
        self.check_dead()
        self.check_handlers()
        self.check_pitfalls()

    def check_text(self, name, text):
        lines = text.splitlines()
        if len(lines) > FILE_LINES:
            self.find(name, len(lines), "file length", f"at most {FILE_LINES} lines")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS:
                self.find(name, number, "line length", f"{len(line)} columns, at most {COLUMNS}")
            if UNFINISHED.search(line):
                self.find(name, number, "unfinished", "finish it, or write an issue")
        if name.endswith("CMakeLists.txt"):
            return
        head = lines[1:] if lines and lines[0].startswith("#!") else lines
        comment = "//" if name in self.includes else "#"
        licence = f"{comment} SPDX-License-Identifier: Apache-2.0"
        if not head or head[0] != licence:
            self.find(name, 1, "licence line", f"begin with `{licence}`")
        if len(head) < 2 or not head[1].startswith((comment + " ", '"""')):
            self.find(name, 2, "purpose", "say in the next lines what the file is for")
        if name.endswith(".h") and "\n#pragma once\n" not in text:
            self.find(name, 1, "pragma once", "missing")

    def check_code(self, name, text):
        code = DIRECTIVE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), blank(text))
        for line, length, parameters in functions(code):
            if length > FUNCTION_LINES:
                self.find(name, line, "function length", f"{length}, at most {FUNCTION_LINES}")
            if parameters > PARAMETERS:
                self.find(name, line, "parameters", f"{parameters}, at most {PARAMETERS}")
        for at, what in co_await_findings(code):
            self.find(name, line_of(code, at), "co_await",
                      f"{what} inside the statement: name it, then await it")
        in_test = "/test/" in name or name.startswith(("bench/", "interop-tests/"))
        holds = {"everywhere": True, "product": not in_test and not name.startswith("base/asio/"),
                 "loop": not in_test and name.startswith(("broker/", "storage/"))}
        for rule, pattern, where, why in BANNED:
            for found in re.finditer(pattern, code) if holds[where] else ():
                if rule != "naked new" or not OWNED_NEW.search(code[:found.start()]):
                    at = found.start() + len(found.group()) - len(found.group().lstrip())
                    self.find(name, line_of(code, at), rule, why)

    def check_doors(self, name):
        room = name.split("/")[0]
        in_test = "/test/" in name or "/fuzz/" in name
        for target, line in self.includes[name]:
            other = target.split("/")[0]
            if room in DOORS and other in DOORS and other not in DOORS[room]:
                self.find(name, line, "door", f"{room}/ does not see {other}/")
            if room in ("interop-tests", "bench") or in_test:
                continue
            wires = any(fnmatch.fnmatch(name, pattern) for pattern in WIRING)
            if target.startswith("base/asio/") and not wires:
                self.find(name, line, "door", "only the wiring knows the real clock, disk, network")
            if target.startswith("base/sim/") and not name.startswith(("base/sim/", "sim/")):
                self.find(name, line, "door", "simulation is for tests and sim/")
            if name.startswith("broker/handlers/") and other == "storage":
                self.find(name, line, "door", "handlers reach storage through broker/partition/")
            if target == "broker/broker.h" and room not in ("cli", "sim") \
                    and not name.startswith("broker/broker"):
                self.find(name, line, "door", "only main and sim include the wiring")

    def reach(self, name, forbidden):
        """(line, include chain) to all that `name` includes, directly or not, and is forbidden."""
        seen, open_ends = {name}, [(name, None, [])]
        while open_ends:
            current, first_line, chain = open_ends.pop()
            for target, line in self.includes.get(current, []):
                here = first_line or line
                if forbidden.match(target):
                    yield here, chain + [target]
                elif target not in seen:
                    seen.add(target)
                    open_ends.append((target, here, chain + [target]))

    def check_purity(self, name):
        pure = any(fnmatch.fnmatch(name, pattern) for pattern in MACHINES)
        if "/test/" in name or not (pure or name.startswith("protocol/")):
            return
        forbidden = IMPURE if pure else re.compile(r"^boost/asio")
        for line, chain in list(self.reach(name, forbidden))[:1]:
            self.find(name, line, "purity", f"must not reach {' > '.join(chain)}")

    def check_dead(self):
        built = []
        for name, text in self.texts.items():
            if name.endswith("CMakeLists.txt"):
                words = re.findall(r"[^\s()\"]+\.cc\b", re.sub(r"#[^\n]*", "", text))
                words = [re.sub(r"^\$\{CMAKE_CURRENT_\w+_DIR\}/", "", word) for word in words]
                folder = name[:-len("CMakeLists.txt")]
                built += [folder + re.sub(r"\$\{\w+\}", "*", word) for word in words]
        for name in self.includes:
            if name.endswith(".cc") and not any(fnmatch.fnmatch(name, word) for word in built):
                self.find(name, 1, "dead file", "no CMakeLists.txt builds it")

    def check_handlers(self):
        tests = "\n".join(text for name, text in self.texts.items() if "/test/" in name)
        for name in self.includes:
            found = re.fullmatch(r"broker/handlers/\d+_(\w+)\.cc", name)
            if found and not re.search(rf"\bhandle_{found.group(1)}\b", tests):
                self.find(name, 1, "handler test", f"no test calls handle_{found.group(1)}")

    def check_pitfalls(self):
        page = self.root / "docs/TESTING.md"
        promised = PITFALLS.findall(page.read_text()) if page.is_file() else []
        tests = [text for name, text in self.texts.items() if "/test/" in name]
        tests += [run.read_text() for run in self.root.glob("interop-tests/*/run")]
        words = {word for text in tests for found in TEST_NAME.finditer(text)
                 for word in found.group(1 if found.group(1) else 2).split("_")}
        for letter, first, last in promised:
            for number in range(int(first), int(last) + 1):
                if f"{letter}{number:02}" not in words:
                    self.find("docs/TESTING.md", 1, "pitfall", f"no test is named after "
                              f"{letter}{number:02}")


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    tree = Tree(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here)
    tree.check()
    for name, line, rule, message in sorted(tree.findings):
        print(f"{name}:{line}: {rule}: {message}")
    print(f"{len(tree.files) - len(tree.bad)} passed, {len(tree.bad)} failed "
          f"({len(tree.findings)} findings in {len(tree.files)} files)")
    return 1 if tree.findings else 0


if __name__ == "__main__":
    sys.exit(main())
