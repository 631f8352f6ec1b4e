#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of tidy.py: for each rule code that it must find and code that it must leave alone, in
small trees of their own. Prints `N passed, N failed`."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy  # noqa: E402

HEAD = "// SPDX-License-Identifier: Apache-2.0\n// What it is for.\n"


def findings(files, heads=True):
    """[(file, line, rule)] of a tree of these files, all of them built by one CMakeLists.txt."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            once = "#pragma once\n" if name.endswith(".h") else ""
            path.write_text(HEAD + once + text if heads and name.endswith((".h", ".cc")) else text)
        if "CMakeLists.txt" not in files:
            built = "\n".join(name for name in files if name.endswith(".cc"))
            (root / "CMakeLists.txt").write_text(f"add_library(all {built})\n")
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        tree = tidy.Tree(root)
        tree.check()
        return [(name, line, rule) for name, line, rule, _ in sorted(tree.findings)]


def rules(code, name="storage/x.cc"):
    """The rules that one file of code breaks."""
    return sorted(rule for _, _, rule in findings({name: code}))


class Doors(unittest.TestCase):
    def test_rooms_see_only_what_is_below_them(self):
        for room, target, open_door in [
                ("base", "protocol/x.h", False), ("protocol", "base/x.h", True),
                ("protocol", "storage/x.h", False), ("storage", "cluster/x.h", False),
                ("cluster", "storage/x.h", True), ("broker", "cluster/x.h", True),
                ("cluster", "broker/x.h", False), ("cli", "broker/x.h", True),
                ("broker", "cli/x.h", False), ("sim", "cli/x.h", False), ("cli", "sim/x.h", False)]:
            found = findings({f"{room}/a.cc": f'#include "{target}"\n', target: ""})
            self.assertEqual(found, [] if open_door else [(f"{room}/a.cc", 3, "door")])

    def test_real_and_simulated_worlds_are_for_the_wiring_and_for_tests(self):
        real = {"base/asio/x.h": ""}
        code = '#include "base/asio/x.h"\n'
        self.assertEqual(findings({"storage/a.cc": code, **real}), [("storage/a.cc", 3, "door")])
        for name in ("broker/broker.cc", "cli/main.cc", "storage/test/a_test.cc", "bench/a.cc"):
            self.assertEqual(findings({name: code, **real}), [])
        code = '#include "base/sim/x.h"\n'
        self.assertEqual(findings({"broker/a.cc": code, "base/sim/x.h": ""}),
                         [("broker/a.cc", 3, "door")])
        self.assertEqual(findings({"sim/a.cc": code, "base/sim/x.h": ""}), [])

    def test_handlers_reach_storage_through_partitions(self):
        files = {"broker/handlers/help.cc": '#include "storage/log.h"\n', "storage/log.h": ""}
        self.assertEqual(findings(files), [("broker/handlers/help.cc", 3, "door")])
        files = {"broker/partition/p.cc": '#include "storage/log.h"\n', "storage/log.h": ""}
        self.assertEqual(findings(files), [])

    def test_nobody_includes_the_wiring(self):
        wiring = {"broker/broker.h": ""}
        code = '#include "broker/broker.h"\n'
        self.assertEqual(findings({"broker/server/s.cc": code, **wiring}),
                         [("broker/server/s.cc", 3, "door")])
        self.assertEqual(findings({"broker/broker.cc": code, "cli/main.cc": code, **wiring}), [])

    def test_state_machines_are_pure_also_through_others(self):
        for name in ("cluster/controller_topics.cc", "broker/group/classic_group.h",
                     "broker/txn/txn_machine.cc"):
            for target in ("base/clock.h", "base/disk.h", "boost/asio/post.hpp"):
                files = {name: '#include "base/middle.h"\n',
                         "base/middle.h": f"#include <{target}>\n"}
                line = 4 if name.endswith(".h") else 3
                self.assertEqual(findings(files), [(name, line, "purity")])
        files = {"cluster/controller.cc": '#include "base/nanos.h"\n', "base/nanos.h": "",
                 "cluster/node.cc": '#include "base/clock.h"\n', "base/clock.h": ""}
        self.assertEqual(findings(files), [])

    def test_protocol_knows_no_asio(self):
        files = {"protocol/r.cc": '#include "base/task.h"\n',
                 "base/task.h": "#include <boost/asio/awaitable.hpp>\n"}
        self.assertEqual(findings(files), [("protocol/r.cc", 3, "purity")])


class Budgets(unittest.TestCase):
    def test_file_length(self):
        self.assertEqual(rules("int a;\n" * 799), ["file length"])
        self.assertEqual(rules("int a;\n" * 798), [])

    def test_line_length_counts_characters(self):
        self.assertEqual(rules("// " + "x" * 98 + "\n"), ["line length"])
        self.assertEqual(rules("// " + "\u00e4" * 97 + "\n"), [])

    def test_function_length_in_every_shape(self):
        for head in ["int f()", "void C::f(int a) const noexcept",
                     "template <class T, class U>\nT f(U u)",
                     "C::C(int a) : a_(a), b_{1, 2}, c_(g({3}))", "auto f() -> std::vector<int>",
                     "namespace n {\nstatic bool operator==(A a, B b)", "Task<Result<void>> f(X x)",
                     "struct S {\n public:\n  explicit S(int a) : a_{a}", "TEST(Name, test)",
                     "class C : public D<int> {\n  bool operator()(int a) const override",
                     "namespace {\nstruct S { int a{1}; };\n[[nodiscard]] int f(int a = g({}))",
                     "enum class E : int { a, b };\nint f()", 'extern "C" int LLVM(const char* d)']:
            for lines, expected in ((68, []), (69, ["function length"])):
                body = head + " {\n" + "  g();\n" * lines + "}\n"
                self.assertEqual(rules(body), expected, head)

    def test_long_values_and_scopes_are_no_functions(self):
        for head, tail in [("constexpr int table[] = ", ";"), ("std::map<int, int> m", ";"),
                           ("namespace a::b", ""), ("struct S", ";"), ("enum class E", ";"),
                           ("const auto x = f(1, 2) + T", ";")]:
            self.assertEqual(rules(head + "{\n" + "\n" * 100 + "}" + tail + "\n"), [], head)

    def test_brackets_in_literals_and_comments_do_not_count(self):
        code = """int f() {
    char a = '{'; const char* b = "}{\\"{"; // }
    const char* c = R"x({{{)x"; /* { */ int big = 1'000'000;
}
""" + "int g() {\n" + "  h();\n" * 69 + "}\n"
        self.assertEqual(findings({"storage/x.cc": code}), [("storage/x.cc", 7, "function length")])

    def test_parameters(self):
        six = "int a, std::map<int, int> b, int (*c)(int, int), int d = f(1, 2), T<a, b> e, int g"
        self.assertEqual(rules(f"void f({six}) {{\n}}\n"), [])
        self.assertEqual(rules(f"void f({six}, int h) {{\n}}\n"), ["parameters"])
        self.assertEqual(rules("void f() {\n  g(1, 2, 3, 4, 5, 6, 7, 8);\n}\n"), [])


class Banned(unittest.TestCase):
    def test_banned_calls_are_found(self):
        for code, rule in [
                ("std::thread t;", "thread"), ("int a = ::open(p, 0);", "system call"),
                ("auto t = std::chrono::system_clock::now();", "time"),
                ("int t = time(nullptr);", "time"),
                ("int a = rand();", "random"), ("using namespace std;", "using namespace"),
                ("X* a = new X;", "naked new"), ("void f() {\n  delete a;\n}", "naked new"),
                ("co_spawn(e, t, asio::detached);", "detached"), ("std::mutex m;", "mutex"),
                ("auto l = [&x]() -> Task<void> { co_return; };", "capturing coroutine"),
                ("auto l = [this](F (*f)(int)) mutable -> Task<int> {};", "capturing coroutine"),
                ("// FIX" + "ME later", "unfinished"), ("// TO" + "DO", "unfinished")]:
            self.assertEqual(rules(code + "\n"), [rule], code)

    def test_what_only_looks_like_them_is_left_alone(self):
        for code in ["// a std::thread, ::open( and rand() in words", 'f("new X, rand()");',
                     "int a = disk.open(p);", "int a = Disk::open(p);", "C(const C&) = delete;",
                     "auto p = std::unique_ptr<X>(new X(1));", "new (place) X;", "int new_x;",
                     "loop.time(0);", "random.next();", "int detached_count;", "strand(x);",
                     "auto l = [](int a) -> Task<void> { co_return; };",
                     "auto l = [&x]() -> int {};"]:
            self.assertEqual(rules(code + "\n"), [], code)

    def test_some_are_allowed_in_their_places(self):
        self.assertEqual(rules("std::thread t;\nint a = ::open(p, 0);\n", "base/asio/x.cc"), [])
        self.assertEqual(rules("std::thread t;\nstd::mutex m;\n", "storage/test/x_test.cc"), [])
        self.assertEqual(rules("std::mutex m;\n", "base/x.cc"), [])
        self.assertEqual(rules("using namespace std;\n", "storage/test/x.cc"), ["using namespace"])


class CoAwait(unittest.TestCase):
    def test_temporaries_and_lambdas_inside_the_statement(self):
        for code in ["co_await f(A{1});", "auto x = co_await f([] { return 1; });", "co_await F{};",
                     "co_return co_await g(1, {2});", "f(A{1}, co_await g());",
                     "if (co_await f(A{1})) {\n}", "co_await run(x,\n  [&] { return 1; });"]:
            self.assertEqual(rules("Task<void> t() {\n" + code + "\n}\n"), ["co_await"], code)

    def test_named_things(self):
        for code in ["co_await f(a);", "if (co_await f(a)) {\n  g();\n}", "a[co_await f(b)] = 1;",
                     "while (!co_await f(a[1])) {\n}", "{\n}\nco_await f();",
                     "auto [a, b] = co_await f();", "auto x = A{1};\nco_await f(x);",
                     "for (int i = co_await f(); i < 2;) {\n}"]:
            self.assertEqual(rules("Task<void> t() {\n" + code + "\n}\n"), [], code)


class Files(unittest.TestCase):
    def test_heads(self):
        licence = "SPDX-License-Identifier: Apache-2.0\n"
        good = "// " + licence + "// Purpose.\n"
        for name, text, expected in [
                ("a.cc", good, []), ("a.cc", "int a;\n", ["licence line", "purpose"]),
                ("a.cc", "// " + licence + "int a;\n", ["purpose"]),
                ("a.h", good + "#pragma once\n", []), ("a.h", good, ["pragma once"]),
                ("a.py", "#!/usr/bin/env python3\n# " + licence + '"""Why."""\n', []),
                ("a.py", "import sys\n", ["licence line", "purpose"])]:
            found = findings({name: text}, heads=False)
            self.assertEqual([rule for _, _, rule in found], expected, text)

    def test_dead_files(self):
        files = {"storage/a.cc": "", "storage/test/b.cc": "", "storage/fuzz/c.cc": "",
                 "storage/dead.cc": "", "CMakeLists.txt": "", "storage/CMakeLists.txt":
                 "f(s a.cc ${CMAKE_CURRENT_SOURCE_DIR}/test/b.cc fuzz/${t}.cc)  # dead.cc\n"}
        self.assertEqual(findings(files), [("storage/dead.cc", 1, "dead file")])

    def test_handlers_need_a_test_that_names_them(self):
        files = {"broker/handlers/00_produce.cc": "", "broker/handlers/01_fetch.cc": "",
                 "broker/test/produce_test.cc": "int a = handle_produce(1);\n"}
        self.assertEqual(findings(files), [("broker/handlers/01_fetch.cc", 1, "handler test")])

    def test_pitfalls_that_the_docs_promise_have_tests(self):
        files = {"docs/TESTING.md": "There are L01-L03 and A06-A06, not B1-B9.\n",
                 "storage/test/a_test.cc": "TEST(Log, L01_x) {}\nTYPED_TEST(D, by_L03_y) {}\n",
                 "interop-tests/races/run": 'checks.run(f"A06 one name", check)\n'}
        self.assertEqual(findings(files), [("docs/TESTING.md", 1, "pitfall")])
        files["storage/test/b_test.cc"] = "// L02\nTEST_F(Log, L02_z) {}\n"
        self.assertEqual(findings(files), [])

    def test_ignored_files_are_not_read(self):
        self.assertEqual(findings({".gitignore": "/build/\n", "build/a.py": "import sys\n"}), [])

    def test_the_program_prints_findings_and_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            program = [sys.executable, tidy.__file__, folder]
            clean = subprocess.run(program, capture_output=True, text=True, check=False)
            self.assertEqual(clean.returncode, 0)
            self.assertEqual(clean.stdout, "0 passed, 0 failed (0 findings in 0 files)\n")
            (pathlib.Path(folder) / "a.sh").write_text("echo\n")
            bad = subprocess.run(program, capture_output=True, text=True, check=False)
            self.assertEqual(bad.returncode, 1)
            self.assertTrue(bad.stdout.startswith("a.sh:1: licence line: begin with "), bad.stdout)
            self.assertTrue(bad.stdout.endswith("0 passed, 1 failed (2 findings in 1 files)\n"))


if __name__ == "__main__":
    tests = unittest.TestLoader().loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stderr).run(tests)
    broken = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - broken} passed, {broken} failed")
    sys.exit(1 if broken else 0)
