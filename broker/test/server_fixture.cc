// SPDX-License-Identifier: Apache-2.0
// The APIs of tests, their client, and a file made of a pattern.
#include "broker/test/server_fixture.h"

#include <charconv>

namespace barnabas::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

constexpr int16_t text_version = 3;

std::string_view next_word(std::string_view& text) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    return word;
}

int64_t next_number(std::string_view& text) {
    const std::string_view word = next_word(text);
    int64_t number = 0;
    std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
}

Task<FindCoordinatorResponse> handle_text(RequestContext& ctx, FindCoordinatorRequest request) {
    std::string_view text = request.key;
    const std::string_view verb = next_word(text);
    FindCoordinatorResponse response;
    if (verb == "admit") ctx.admit_next();
    if (verb == "sleep" || verb == "admit" || verb == "idle") {
        auto sleeping = ctx.services.clock.sleep(std::chrono::milliseconds(next_number(text)));
        co_await std::move(sleeping);
    }
    ctx.no_answer = verb == "silent" || verb == "close" || verb == "idle";
    ctx.close_connection = verb == "close" || verb == "last";
    if (verb == "big")
        response.host = Text(std::string(static_cast<size_t>(next_number(text)), 'b'));
    else
        response.host = Text(std::string(text));
    co_return response;
}

Task<ApiVersionsResponse> handle_versions(RequestContext& ctx, ApiVersionsRequest request) {
    ctx.client->software_name = request.client_software_name.str();
    co_return ApiVersionsResponse{};
}

// Answers with max_bytes bytes of a file, in two ranges, for each topic asked for.
Task<FetchResponse> handle_ranges(RequestContext&, FetchRequest request) {
    FetchResponse response;
    for (const auto& topic : request.topics) {
        auto& answered = response.responses.emplace_back();
        answered.topic = topic.topic;
        auto& partition = answered.partitions.emplace_back();
        const auto size = static_cast<uint64_t>(request.max_bytes);
        const auto file = pattern_file(size);
        std::vector<FileRange> ranges{{file, 0, size / 3}, {file, size / 3, size - size / 3}};
        partition.records = protocol::Records(std::move(ranges));
    }
    co_return response;
}

constexpr std::array table{
    entry_of<handle_ranges>::versions(4, 12),
    entry_of<handle_text>::versions(0, 3),
    entry_of<handle_versions>::versions(0, 4),
};

class PatternFile final : public File {
  public:
    explicit PatternFile(size_t size) : size_(size) {}
    Result<size_t> read_at(uint64_t position, MutableBytes into, ReadMode) const override {
        const size_t count =
            position >= size_ ? 0 : std::min<size_t>(into.size(), size_ - position);
        for (size_t i = 0; i < count; ++i) into[i] = static_cast<uint8_t>((position + i) * 31);
        return count;
    }
    Result<void> write_at(uint64_t, std::span<const Bytes>) override { return {}; }
    Result<void> sync() override { return {}; }
    Result<uint64_t> size() const override { return size_; }
    Result<void> truncate(uint64_t) override { return {}; }
    Result<void> preallocate(uint64_t) override { return {}; }
    bool is_cached(uint64_t, uint64_t) const override { return true; }
    void read_ahead(uint64_t, uint64_t) const override {}
    int native_handle() const override { return -1; }

  private:
    size_t size_;
};

// Handlers of the tests never use these; a reference to each must exist all the same.
template <class T>
T& unused() {
    alignas(16) static std::array<std::byte, 16> nothing;
    return *reinterpret_cast<T*>(nothing.data());
}

}  // namespace

std::span<const ApiEntry> test_apis() {
    return table;
}

std::shared_ptr<const File> pattern_file(size_t size) {
    return std::make_shared<PatternFile>(size);
}

void TestClient::send(Bytes bytes) {
    const std::array<Bytes, 1> parts{bytes};
    auto writing = stream_->write(parts);
    (void)loop_.run_until_done(std::move(writing));
}

void TestClient::ask(int32_t correlation_id, std::string_view text) {
    FindCoordinatorRequest request;
    request.key = Text(text);
    send(protocol::encode_request(correlation_id, "test", request, text_version).bytes);
}

bool TestClient::read_exactly(MutableBytes into) {
    while (!into.empty()) {
        const auto count = loop_.run_until_done(stream_->read_some(into));
        if (!count || *count == 0) return false;
        into = into.subspan(*count);
    }
    return true;
}

std::optional<std::vector<uint8_t>> TestClient::receive() {
    std::array<uint8_t, 4> size{};
    if (!read_exactly(size)) return std::nullopt;
    std::vector<uint8_t> frame(static_cast<size_t>(load_be<int32_t>(size.data())));
    if (!read_exactly(frame)) return std::nullopt;
    return frame;
}

std::optional<std::pair<int32_t, std::string>> TestClient::answer() {
    const auto frame = receive();
    if (!frame) return std::nullopt;
    protocol::Reader reader(*frame);
    protocol::ResponseHeader header;
    header.decode(reader, 1);
    const auto response = protocol::decode_message<FindCoordinatorResponse>(
        Bytes(*frame).subspan(reader.position()), text_version);
    EXPECT_TRUE(reader.ok() && response.has_value());
    return std::pair(header.correlation_id, response->host.str());
}

bool TestClient::closed_by_server() {
    return !receive().has_value();
}

ServerFixture::ServerFixture() {
    ListenerConfig listener;
    listener.name = "PLAINTEXT";
    config_.listeners.push_back(listener);
}

ServerFixture::~ServerFixture() {
    if (server_) stop();
}

void ServerFixture::start() {
    services_ = std::make_unique<BrokerServices>(BrokerServices{
        loop_.clock(), config_, unused<cluster::ClusterNode>(), unused<PartitionTable>(),
        unused<FetchSessions>(), unused<GroupCoordinator>(), unused<ProducerIds>(),
        unused<TransactionMarkerWriter>(), unused<TransactionCoordinator>(),
        unused<ClientMetrics>()});
    apis_ = std::make_unique<Dispatcher>(test_apis(), metrics_);
    server_ =
        std::make_unique<Server>(loop_.executor(), *services_, *apis_, network_.host("broker"));
    const auto ports = server_->bind();
    ASSERT_TRUE(ports.has_value());
    port_ = ports->front();
    server_->start();
}

void ServerFixture::stop(Nanos patience) {
    loop_.run_until_done(server_->drain(loop_.clock().after(patience)));
    loop_.run_until_done(server_->join());
    EXPECT_EQ(server_->connections(), 0u);
    EXPECT_EQ(server_->memory().used(), 0u);
    server_.reset();
}

TestClient ServerFixture::connect(const std::string& from) {
    Endpoint to{"broker", port_};
    auto stream = loop_.run_until_done(network_.host(from).connect(to));
    EXPECT_TRUE(stream.has_value());
    return TestClient(loop_, std::move(*stream));
}

std::vector<uint8_t> ServerFixture::request_bytes(int32_t correlation_id, std::string_view text) {
    FindCoordinatorRequest request;
    request.key = Text(text);
    return protocol::encode_request(correlation_id, "test", request, text_version).bytes;
}

}  // namespace barnabas::broker
