// SPDX-License-Identifier: Apache-2.0
// See admin_pages.h.
#include "broker/http/admin_pages.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "broker/broker_config.h"
#include "broker/http/metrics_page.h"
#include "broker/partition/partition_table.h"
#include "cluster/cluster_node.h"

namespace barnabas::broker {

namespace {

constexpr std::string_view index_text =
    "barnabas\n"
    "/healthz  200 while the process answers\n"
    "/readyz   200 while clients are served, 503 otherwise\n"
    "/metrics  for Prometheus\n"
    "/varz     the state of the broker as JSON\n";

HttpResponse plain(int status, std::string_view text) {
    HttpResponse response;
    response.status = status;
    response.body = text;
    return response;
}

bool a_directory_works(const PartitionTable& partitions) {
    for (const auto& directory : partitions.directories())
        if (!directory.offline) return true;
    return false;
}

boost::json::array listeners_of(const BrokerConfig& config) {
    boost::json::array list;
    for (const auto& listener : config.listeners)
        list.push_back(boost::json::object{{"name", listener.name},
                                           {"protocol", listener.security_protocol},
                                           {"bind", listener.bind.str()},
                                           {"advertised", listener.advertised.str()}});
    return list;
}

boost::json::array directories_of(const PartitionTable& partitions) {
    boost::json::array list;
    for (const auto& directory : partitions.directories()) {
        uint64_t bytes = 0;
        for (const auto& log : directory.logs) bytes += log.bytes;
        list.push_back(boost::json::object{{"path", directory.path},
                                           {"offline", directory.offline},
                                           {"logs", directory.logs.size()},
                                           {"bytes", bytes}});
    }
    return list;
}

}  // namespace

AdminPages::AdminPages(AdminSources sources)
    : sources_(std::move(sources)), started_(sources_.services.clock.now()) {}

Task<HttpResponse> AdminPages::page(HttpRequest request) {
    if (request.path == "/metrics") co_return co_await metrics();
    if (request.path == "/healthz") co_return plain(200, "ok\n");
    if (request.path == "/readyz") co_return readiness();
    if (request.path == "/varz") co_return variables();
    if (request.path == "/") co_return plain(200, index_text);
    co_return plain(404, "no such page; / tells which there are\n");
}

HttpResponse AdminPages::readiness() const {
    if (!sources_.ready()) return plain(503, "not ready: starting or shutting down\n");
    if (!a_directory_works(sources_.services.partitions))
        return plain(503, "not ready: every log directory is offline\n");
    return plain(200, "ready\n");
}

HttpResponse AdminPages::variables() const {
    const auto& services = sources_.services;
    const auto image = services.cluster.image();
    const std::chrono::duration<double> uptime = services.clock.now() - started_;
    const boost::json::object state{{"version", BARNABAS_VERSION},
                                    {"node_id", services.config.node_id.value},
                                    {"cluster_id", image->cluster_id},
                                    {"ready", sources_.ready()},
                                    {"uptime_seconds", uptime.count()},
                                    {"connections", sources_.connections()},
                                    {"topics", image->topics.size()},
                                    {"partitions", services.partitions.size()},
                                    {"metadata_offset", image->offset.value},
                                    {"listeners", listeners_of(services.config)},
                                    {"log_directories", directories_of(services.partitions)}};
    HttpResponse response;
    response.content_type = "application/json";
    response.body = boost::json::serialize(state) + "\n";
    return response;
}

Task<HttpResponse> AdminPages::metrics() {
    MetricText text;
    write_broker_metrics(text, sources_.services, sources_.metrics, sources_.connections());
    auto asking = committed_offsets(sources_.services);
    const auto groups = co_await std::move(asking);
    write_group_metrics(text, sources_.services, groups);
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = sources_.metrics.text() + text.take();
    co_return response;
}

}  // namespace barnabas::broker
