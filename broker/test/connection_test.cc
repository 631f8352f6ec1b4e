// SPDX-License-Identifier: Apache-2.0
// Connections under good, slow and hostile clients: order, back-pressure, deadlines, bad frames.
#include <malloc.h>

#include <numeric>

#include "base/random.h"
#include "broker/test/server_fixture.h"

namespace barnabas::broker {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using ConnectionTest = ServerFixture;

TEST_F(ConnectionTest, answers_one_request_after_another) {
    start();
    auto client = connect();
    for (int i = 0; i < 3; ++i) {
        client.ask(i, "echo hello");
        EXPECT_EQ(client.answer(), std::pair(i, std::string("hello")));
    }
}

TEST_F(ConnectionTest, N01_a_thousand_mixed_requests_are_answered_in_order) {
    start();
    Random random(5);
    auto client = connect();
    std::vector<uint8_t> stream;
    std::vector<std::pair<int32_t, std::string>> expected;
    const auto ask = [&](int32_t id, const std::string& text, std::string answer) {
        const auto bytes = request_bytes(id, text);
        stream.insert(stream.end(), bytes.begin(), bytes.end());
        expected.emplace_back(id, std::move(answer));
    };
    for (int32_t i = 0; i < 1000; ++i) {
        const auto word = std::to_string(i);
        switch (random.below(5)) {
            case 0:
                ask(i, "sleep " + std::to_string(random.below(20)) + " " + word, word);
                break;
            case 1:
            case 2:
                ask(i, "admit " + std::to_string(random.below(50)) + " " + word, word);
                break;
            case 3:
                ask(i, "big 3000", std::string(3000, 'b'));
                break;
            default:
                ask(i, "echo " + word, word);
        }
    }
    client.send(stream);
    for (const auto& answer : expected) ASSERT_EQ(client.answer(), answer);
}

TEST_F(ConnectionTest, N01_the_next_request_is_read_only_when_the_handler_returns_or_admits_it) {
    start();
    auto client = connect();
    const Nanos began = loop_.clock().now();
    client.ask(1, "sleep 1000 a");
    client.ask(2, "sleep 1000 b");
    client.answer();
    client.answer();
    EXPECT_GE(loop_.clock().now() - began, 2s) << "one after the other";
    const Nanos again = loop_.clock().now();
    for (int i = 0; i < 5; ++i) client.ask(i, "admit 1000 a");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.answer()->first, i);
    EXPECT_LT(loop_.clock().now() - again, 1500ms) << "side by side";
}

TEST_F(ConnectionTest, N02_many_clients_that_announce_much_and_send_nothing_cost_little) {
    config_.socket_request_max_bytes = 100 << 20;
    start();
    std::vector<TestClient> clients;
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 2000; ++i) clients.push_back(connect());
    std::array<uint8_t, 5> announcement{};
    store_be<int32_t>(announcement.data(), 100 << 20);
    for (auto& client : clients) client.send(announcement);
    loop_.run_for(5s);
    EXPECT_EQ(server_->connections(), 2000u);
    const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    RecordProperty("bytes_per_connection", static_cast<int>((after - before) / 2000));
    EXPECT_LT(after - before, 64u << 20) << "the clients' own ends are in this figure too";
    EXPECT_EQ(server_->memory().used(), 0u);
    for (auto& client : clients) client.close();
}

TEST_F(ConnectionTest, N02_bad_sizes_close_the_connection) {
    config_.socket_request_max_bytes = 1000;
    start();
    for (const int32_t size : {0, -1, INT32_MIN, 1001, INT32_MAX}) {
        auto client = connect();
        std::array<uint8_t, 4> bytes{};
        store_be<int32_t>(bytes.data(), size);
        client.send(bytes);
        EXPECT_TRUE(client.closed_by_server()) << size;
    }
    auto http = connect();
    http.send(as_bytes("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(http.closed_by_server());
}

TEST_F(ConnectionTest, N03_a_frame_that_drips_in_is_given_up) {
    start();
    auto client = connect();
    std::array<uint8_t, 4> size{};
    store_be<int32_t>(size.data(), 100'000);
    client.send(size);
    const Nanos began = loop_.clock().now();
    const std::array<uint8_t, 1> byte{};
    while (server_->connections() > 0 && loop_.clock().now() - began < 10min) {
        client.send(byte);
        loop_.run_for(1s);
    }
    const Nanos took = loop_.clock().now() - began;
    EXPECT_GE(took, 59s);
    EXPECT_LE(took, 65s);
}

TEST_F(ConnectionTest, N03_a_slow_but_honest_line_is_served) {
    start();
    auto client = connect();
    // 2 MiB at 16 KiB a second: two minutes.
    const auto bytes = request_bytes(1, "echo hello");
    std::vector<uint8_t> padded(2 << 20);
    std::copy(bytes.begin(), bytes.end(), padded.begin());
    store_be<int32_t>(padded.data(), static_cast<int32_t>(padded.size() - 4));
    for (size_t at = 0; at < padded.size(); at += 16 * 1024) {
        client.send(Bytes(padded).subspan(at, 16 * 1024));
        loop_.run_for(1s);
    }
    EXPECT_EQ(client.answer(), std::pair(1, std::string("hello")))
        << "bytes behind the body are skipped";
}

TEST_F(ConnectionTest, N03_a_frame_that_waits_for_a_slow_handler_is_not_slow) {
    start();
    auto client = connect();
    auto bytes = request_bytes(1, "sleep 300000 a");
    const auto next = request_bytes(2, "echo b");
    bytes.insert(bytes.end(), next.begin(), next.begin() + 10);
    client.send(bytes);
    EXPECT_EQ(client.answer()->first, 1);
    client.send(Bytes(next).subspan(10));
    EXPECT_EQ(client.answer()->first, 2);
}

TEST_F(ConnectionTest, N04_a_client_that_does_not_read_stops_being_read) {
    config_.connections_max_idle_ms = 600'000;
    start();
    auto client = connect();
    std::vector<uint8_t> stream;
    for (int i = 0; i < 200; ++i) {
        const auto bytes = request_bytes(i, "big 100000");
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }
    client.send(stream);
    loop_.run_for(5s);
    const auto& metrics = apis_->metrics(*apis_->find(10));
    // What the wire and the queue hold, and no more.
    EXPECT_LT(metrics.requests.value(), 40u);
    EXPECT_GT(metrics.requests.value(), 5u);
    EXPECT_EQ(server_->connections(), 1u);
    loop_.run_for(9min);
    EXPECT_EQ(server_->connections(), 1u);
    loop_.run_for(2min);
    EXPECT_EQ(server_->connections(), 0u) << "nothing was taken for ten minutes";
}

TEST_F(ConnectionTest, N04_a_client_that_reads_late_gets_everything) {
    start();
    auto client = connect();
    std::vector<uint8_t> stream;
    for (int i = 0; i < 200; ++i) {
        const auto bytes = request_bytes(i, "big 100000");
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }
    client.send(stream);
    loop_.run_for(5min);
    for (int i = 0; i < 200; ++i) {
        const auto answer = client.answer();
        ASSERT_TRUE(answer.has_value());
        EXPECT_EQ(answer->first, i);
        EXPECT_EQ(answer->second.size(), 100'000u);
    }
}

TEST_F(ConnectionTest, N05_an_idle_connection_is_closed) {
    config_.connections_max_idle_ms = 60'000;
    start();
    auto client = connect();
    client.ask(1, "echo a");
    client.answer();
    loop_.run_for(59s);
    EXPECT_EQ(server_->connections(), 1u);
    loop_.run_for(3s);
    EXPECT_EQ(server_->connections(), 0u);
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ConnectionTest, N05_a_connection_that_waits_for_its_answer_is_not_idle) {
    config_.connections_max_idle_ms = 60'000;
    start();
    auto client = connect();
    client.ask(1, "sleep 200000 a");
    EXPECT_EQ(client.answer()->second, "a");
}

TEST_F(ConnectionTest, N10_no_answer_and_no_gap) {
    start();
    auto client = connect();
    client.ask(1, "silent");
    client.ask(2, "echo a");
    EXPECT_EQ(client.answer()->first, 2);
    client.ask(3, "echo b");
    EXPECT_EQ(client.answer()->first, 3);
    client.ask(4, "close");
    client.ask(5, "echo c");
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ConnectionTest, N10_an_answer_that_ends_the_connection_is_still_sent) {
    start();
    auto client = connect();
    client.ask(1, "admit 100 a");
    client.ask(2, "last b");
    client.ask(3, "echo c");
    EXPECT_EQ(client.answer()->first, 1);
    EXPECT_EQ(client.answer()->first, 2);
    EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ConnectionTest, ranges_of_files_are_sent_in_their_places) {
    start();
    auto client = connect();
    for (const int32_t size : {0, 1, 100, 5'000'000}) {
        protocol::FetchRequest request;
        request.max_bytes = size;
        for (int i = 0; i < 3; ++i) request.topics.emplace_back().topic = Text("t");
        client.send(protocol::encode_request(size, "test", request, 12).bytes);
        const auto frame = client.receive();
        ASSERT_TRUE(frame.has_value());
        const auto response =
            protocol::decode_message<protocol::FetchResponse>(Bytes(*frame).subspan(5), 12);
        ASSERT_TRUE(response.has_value());
        ASSERT_EQ(response->responses.size(), 3u);
        for (const auto& topic : response->responses) {
            const Bytes records = topic.partitions[0].records->view();
            ASSERT_EQ(records.size(), static_cast<size_t>(size));
            for (size_t i = 0; i < records.size(); ++i)
                ASSERT_EQ(records[i], static_cast<uint8_t>(i * 31));
        }
    }
}

TEST_F(ConnectionTest, N08_a_client_that_says_goodbye_is_served_to_the_end) {
    start();
    SimCut end;
    end.after = request_bytes(1, "sleep 100 a").size();
    end.orderly = true;
    network_.cut_next(end);
    auto leaving = connect();
    leaving.ask(1, "sleep 100 a");
    loop_.run_for(50ms);
    EXPECT_EQ(server_->connections(), 1u);
    loop_.run_for(1s);
    EXPECT_EQ(apis_->metrics(*apis_->find(10)).requests.value(), 1u);
    EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ConnectionTest, N08_the_peer_vanishes_at_every_byte) {
    start();
    std::vector<uint8_t> stream;
    for (const char* text : {"echo abc", "admit 5 def", "sleep 5 ghi", "silent", "big 2000"}) {
        const auto bytes = request_bytes(1, text);
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }
    for (const bool towards_server : {true, false}) {
        const size_t bytes = towards_server ? stream.size() : 2'200;
        for (size_t after = 0; after <= bytes; after += towards_server ? 1 : 7) {
            SimCut cut;
            cut.towards_server = towards_server;
            cut.after = after;
            cut.orderly = after % 2 == 0;
            network_.cut_next(cut);
            auto client = connect();
            client.send(stream);
            loop_.run_for(100ms);
            client.close();
        }
    }
    loop_.run_for(5s);
    EXPECT_EQ(server_->connections(), 0u);
    EXPECT_EQ(server_->memory().used(), 0u);
    auto client = connect();
    client.ask(1, "echo alive");
    EXPECT_EQ(client.answer()->second, "alive");
}

TEST_F(ConnectionTest, N08_handlers_of_a_reset_connection_run_on_in_peace) {
    start();
    std::vector<TestClient> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(connect());
        for (int k = 0; k < 5; ++k) clients.back().ask(k, "admit 2000 a");
        clients.back().ask(5, "sleep 2000 b");
    }
    loop_.run_for(1s);
    network_.reset_all();
    loop_.run_for(10s);
    EXPECT_EQ(server_->connections(), 0u);
    EXPECT_EQ(server_->memory().used(), 0u);
}

TEST_F(ConnectionTest, N11_requests_in_progress_are_bounded_in_number) {
    start();
    auto client = connect();
    std::vector<uint8_t> stream;
    for (int i = 0; i < 500; ++i) {
        const auto bytes = request_bytes(i, "admit 10000 x");
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }
    client.send(stream);
    loop_.run_for(9s);
    EXPECT_EQ(apis_->metrics(*apis_->find(10)).requests.value(), 0u) << "none is done yet";
    const Nanos began = loop_.clock().now();
    for (int i = 0; i < 500; ++i) ASSERT_EQ(client.answer()->first, i);
    EXPECT_GT(loop_.clock().now() - began, 30s) << "a hundred at a time";
}

TEST_F(ConnectionTest, N11_a_full_request_memory_mutes_and_unmutes) {
    config_.queued_max_request_bytes = 300'000;
    start();
    std::vector<TestClient> clients;
    auto bytes = request_bytes(1, "sleep 1000 a");
    bytes.resize(200'000);
    store_be<int32_t>(bytes.data(), static_cast<int32_t>(bytes.size() - 4));
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connect());
        clients.back().send(Bytes(bytes).first(150'000));
    }
    for (auto& client : clients) client.send(Bytes(bytes).subspan(150'000));
    loop_.run_for(500ms);
    EXPECT_LE(server_->memory().used(), 300'000u + 200'000u);
    for (auto& client : clients) EXPECT_EQ(client.answer()->second, "a");
}

// Every key and version: served, refused as Kafka refuses it, or closed without a word.
TEST_F(ConnectionTest, N12_every_key_and_version) {
    start();
    const auto raw = [](int16_t key, int16_t version, bool with_tags) {
        std::vector<uint8_t> bytes(4 + 10 + (with_tags ? 1 : 0));
        store_be<int32_t>(bytes.data(), static_cast<int32_t>(bytes.size() - 4));
        store_be<int16_t>(bytes.data() + 4, key);
        store_be<int16_t>(bytes.data() + 6, version);
        store_be<int32_t>(bytes.data() + 8, 77);
        store_be<int16_t>(bytes.data() + 12, -1);
        return bytes;
    };
    for (int16_t key = -2; key < 100; ++key) {
        for (int16_t version = -2; version < 22; ++version) {
            const bool versions_api = key == 18;
            const bool too_new = versions_api && (version > 4 || version < 0);
            if (apis_->find(key) && apis_->find(key)->answers(version)) continue;
            auto client = connect();
            client.send(raw(key, version, too_new && version > 4));
            const auto answer = client.receive();
            ASSERT_EQ(answer.has_value(), too_new) << key << " v" << version;
            if (!too_new) continue;
            // Correlation id, error 35, one entry: 18, 0-4.
            const std::vector<uint8_t> expected{0, 0, 0, 77, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4};
            EXPECT_EQ(*answer, expected);
            protocol::ApiVersionsRequest retry;
            client.send(protocol::encode_request(78, "test", retry, 4).bytes);
            EXPECT_TRUE(client.receive().has_value()) << "the connection stays usable";
        }
    }
}

TEST_F(ConnectionTest, N12_malformed_headers_and_bodies_close) {
    start();
    const auto whole = request_bytes(1, "echo abcdef");
    for (size_t size = 1; size < whole.size() - 4; ++size) {
        auto client = connect();
        std::vector<uint8_t> cut(whole.begin(),
                                 whole.begin() + 4 + static_cast<std::ptrdiff_t>(size));
        store_be<int32_t>(cut.data(), static_cast<int32_t>(size));
        client.send(cut);
        EXPECT_TRUE(client.closed_by_server()) << size;
    }
}

TEST_F(ConnectionTest, N13_unknown_header_tags_are_skipped) {
    start();
    protocol::RequestHeader header;
    header.request_api_key = 10;
    header.request_api_version = 3;
    header.correlation_id = 5;
    header.client_id = Text("c");
    header.unknown_tags.push_back({17, Blob(std::vector<uint8_t>(300, 1))});
    protocol::FindCoordinatorRequest request;
    request.key = Text("echo a");
    request.unknown_tags.push_back({3, Blob(std::vector<uint8_t>(3, 1))});
    auto client = connect();
    client.send(protocol::encode_frame(header, 2, request, 3).bytes);
    EXPECT_EQ(client.answer(), std::pair(5, std::string("a")));
}

TEST_F(ConnectionTest, stopping_answers_what_was_asked) {
    start();
    auto busy = connect();
    auto idle = connect();
    busy.ask(1, "admit 500 a");
    busy.ask(2, "sleep 500 b");
    loop_.run_for(100ms);
    stop(5s);
    EXPECT_EQ(busy.answer()->second, "a");
    EXPECT_EQ(busy.answer()->second, "b");
    EXPECT_TRUE(busy.closed_by_server());
    EXPECT_TRUE(idle.closed_by_server());
}

TEST_F(ConnectionTest, stopping_cuts_off_what_takes_too_long) {
    start();
    auto client = connect();
    client.ask(1, "sleep 60000 a");
    loop_.run_for(100ms);
    const Nanos began = loop_.clock().now();
    loop_.run_until_done(server_->drain(loop_.clock().after(2s)));
    EXPECT_LT(loop_.clock().now() - began, 3s);
    EXPECT_TRUE(client.closed_by_server());
}

}  // namespace
}  // namespace barnabas::broker
