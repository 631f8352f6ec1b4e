// SPDX-License-Identifier: Apache-2.0
// See metric_text.h.
#include "broker/http/metric_text.h"

#include <fmt/format.h>

namespace barnabas::broker {

namespace {

void append_escaped(std::string& to, std::string_view value) {
    for (const char c : value) {
        if (c == '\\' || c == '"') to += '\\';
        if (c == '\n')
            to += "\\n";
        else
            to += c;
    }
}

}  // namespace

void MetricText::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricText::sample(std::initializer_list<Label> labels, double value) {
    text_ += name_;
    char before = '{';
    for (const auto& [label, content] : labels) {
        text_ += before;
        text_ += fmt::format("{}=\"", label);
        append_escaped(text_, content);
        text_ += '"';
        before = ',';
    }
    if (before == ',') text_ += '}';
    // Offsets beyond 2^53 are not told exactly, as in every Prometheus.
    text_ += fmt::format(" {:.17g}\n", value);
}

}  // namespace barnabas::broker
