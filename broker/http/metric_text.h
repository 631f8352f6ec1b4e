// SPDX-License-Identifier: Apache-2.0
// MetricText: builds Prometheus text (version 0.0.4) family by family. Asks nobody, keeps nothing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace barnabas::broker {

class MetricText {
  public:
    using Label = std::pair<std::string_view, std::string_view>;

    // Begins a family: its help and type ("gauge", "counter").
    void family(std::string_view name, std::string_view type, std::string_view help);
    // One sample of the family that was begun last.
    void sample(std::initializer_list<Label> labels, double value);

    std::string take() { return std::move(text_); }

  private:
    std::string name_;
    std::string text_;
};

}  // namespace barnabas::broker
