// SPDX-License-Identifier: Apache-2.0
// See perf_stats.h.
#include "cli/tools/perf_stats.h"

#include <fmt/format.h>

#include <algorithm>

namespace barnabas::cli {

namespace {

double rate(double amount, Nanos time) {
    return amount / std::max(milliseconds(time) / 1000, 1e-9);
}

}  // namespace

double milliseconds(Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

void ProducerStats::Sums::add(size_t count, uint64_t size, double took_ms) {
    records += count;
    bytes += size;
    latency_ms += took_ms * static_cast<double>(count);
    latency_ms_max = std::max(latency_ms_max, took_ms);
}

void ProducerStats::add(size_t records, uint64_t bytes, Nanos took, Nanos now) {
    const double took_ms = milliseconds(took);
    whole_.add(records, bytes, took_ms);
    window_.add(records, bytes, took_ms);
    latencies_ms_.insert(latencies_ms_.end(), records, static_cast<float>(took_ms));
    if (now - window_begin_ < interval_) return;
    if (steady_ && whole_.records == window_.records) fmt::print("In steady state.\n");
    if (!quiet_) fmt::print("{}\n", window(now));
    window_ = {};
    window_begin_ = now;
}

std::string ProducerStats::window(Nanos now) const {
    const Nanos time = now - window_begin_;
    return fmt::format(
        "{} records sent, {:.1f} records/sec ({:.2f} MB/sec), {:.1f} ms avg latency, {:.1f} ms max "
        "latency.",
        window_.records, rate(static_cast<double>(window_.records), time),
        rate(static_cast<double>(window_.bytes) / mib, time),
        window_.latency_ms / static_cast<double>(window_.records), window_.latency_ms_max);
}

int64_t ProducerStats::percentile_ms(double part) {
    if (latencies_ms_.empty()) return 0;
    const auto at = static_cast<size_t>(part * static_cast<double>(latencies_ms_.size()));
    const auto last = latencies_ms_.size() - 1;
    const auto place = latencies_ms_.begin() + static_cast<ptrdiff_t>(std::min(at, last));
    std::nth_element(latencies_ms_.begin(), place, latencies_ms_.end());
    return static_cast<int64_t>(*place);
}

std::string ProducerStats::total(Nanos now) {
    const Nanos time = now - begin_;
    const auto records = static_cast<double>(whole_.records);
    const std::string average =
        whole_.records ? fmt::format("{:.2f}", whole_.latency_ms / records) : "NaN";
    return fmt::format(
        "{}{} records sent, {:.6f} records/sec ({:.2f} MB/sec), {} ms avg latency, {:.2f} ms "
        "max latency, {} ms 50th, {} ms 95th, {} ms 99th, {} ms 99.9th.",
        whole_.records, steady_ ? " steady state" : "", rate(records, time),
        rate(static_cast<double>(whole_.bytes) / mib, time), average, whole_.latency_ms_max,
        percentile_ms(0.5), percentile_ms(0.95), percentile_ms(0.99), percentile_ms(0.999));
}

std::string metric_name(const std::string& group, std::string_view name, const Client& client) {
    return fmt::format("{}:{}:{{client-id={}}}", group, name, client.client_id());
}

void add_traffic(Metrics& metrics, const std::string& group, const Client& client) {
    const Traffic& traffic = client.traffic();
    const auto requests = static_cast<double>(traffic.requests);
    const auto put = [&](std::string_view name, double value) {
        metrics[metric_name(group, name, client)] = value;
    };
    put("request-total", requests);
    put("outgoing-byte-total", static_cast<double>(traffic.bytes_out));
    put("incoming-byte-total", static_cast<double>(traffic.bytes_in));
}

void print_metrics(const Metrics& metrics) {
    size_t width = 0;
    for (const auto& [name, ignored] : metrics) width = std::max(width, name.size());
    fmt::print("\n{:<{}}   Value\n", "Metric Name", width);
    for (const auto& [name, value] : metrics) fmt::print("{:<{}} : {:.3f}\n", name, width, value);
}

}  // namespace barnabas::cli
