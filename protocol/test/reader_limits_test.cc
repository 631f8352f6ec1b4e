// SPDX-License-Identifier: Apache-2.0
// Lengths that lie: nothing may be allocated for what the frame cannot hold. Counts every byte that
// operator new gives out in this program; a sanitizer has its own and tells through its hook.
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <sstream>

#include "base/random.h"
#include "protocol/message.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/metadata.h"
#include "protocol/registry.h"
#include "protocol/wire_tool.h"

namespace {

std::atomic<size_t> allocated{0};

}  // namespace

#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, size_t),
                                                         void (*)(const volatile void*));

namespace {

const int counting = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t size) { allocated += size; }, [](const volatile void*) {});

}  // namespace

#else

void* operator new(size_t size) {
    allocated += size;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

#endif

namespace barnabas::protocol {
namespace {

std::vector<uint8_t> bytes_of_hex(std::string_view text) {
    return parse_hex(text).value();
}

// What one decode may allocate in all, by the Reader's promise.
size_t bound(size_t frame_size) {
    return (16 << 20) + 8 * frame_size;
}

template <class Message>
void expect_refused_cheaply(std::string_view text, int16_t version) {
    const auto bytes = bytes_of_hex(text);
    const size_t before = allocated;
    EXPECT_FALSE(decode_message<Message>(bytes, version)) << text;
    EXPECT_LT(allocated - before, 4096u) << text;
}

TEST(ReaderLimits, allocations_are_counted) {
    const size_t before = allocated;
    std::vector<char> some(5000);
    char* volatile seen = some.data();  // or the optimizer does without it
    EXPECT_GE(allocated - before, some.size()) << static_cast<void*>(seen);
}

TEST(ReaderLimits, B18_array_count_beyond_what_is_left) {
    expect_refused_cheaply<MetadataRequest>("7fffffff", 1);
    expect_refused_cheaply<MetadataRequest>("7fffffff000161", 1);
    expect_refused_cheaply<MetadataRequest>("80000000", 1);
    expect_refused_cheaply<MetadataRequest>("fffffffe", 1);
    expect_refused_cheaply<MetadataRequest>("ffffffff0f", 12);
    expect_refused_cheaply<MetadataRequest>("8080808008", 12);
    expect_refused_cheaply<CreateTopicsRequest>("7fffffff", 2);
    expect_refused_cheaply<CreateTopicsRequest>("000000010001610000000100017fffffff", 2);
}

TEST(ReaderLimits, B18_count_of_small_elements_is_measured_by_their_smallest_size) {
    // 60 topics announced, 60 bytes left: each needs at least 2.
    expect_refused_cheaply<MetadataRequest>("0000003c" + std::string(120, '0'), 1);
}

TEST(ReaderLimits, B18_length_of_text_and_bytes) {
    expect_refused_cheaply<MetadataRequest>("000000017fff61", 1);
    expect_refused_cheaply<MetadataRequest>("00000001ffff", 0);
    expect_refused_cheaply<MetadataRequest>("00000001fffe", 1);
}

TEST(ReaderLimits, B18_many_tiny_elements_cost_a_bounded_multiple) {
    // 8 MiB of topics of 2 bytes each would make structs of 40 times their size.
    std::vector<uint8_t> bytes(8 << 20, 0);
    store_be(bytes.data(), static_cast<int32_t>(bytes.size() / 2 - 2));
    const size_t before = allocated;
    const auto request = decode_message<MetadataRequest>(bytes, 1);
    EXPECT_LE(allocated - before, bound(bytes.size()));
    EXPECT_FALSE(request.has_value());

    // A frame that a real client could send is far from the limit.
    MetadataRequest honest;
    for (int i = 0; i < 100000; ++i)
        honest.topics->emplace_back().name = Text("topic-" + std::to_string(i));
    const auto frame = encode_message(honest, 1);
    EXPECT_TRUE(decode_message<MetadataRequest>(frame, 1).has_value());
}

TEST(ReaderLimits, B18_any_vector_with_a_huge_length_anywhere_stays_bounded) {
    gzFile file = gzopen((std::string(TEST_DATA_DIR) + "/golden_messages.tsv.gz").c_str(), "rb");
    ASSERT_NE(file, nullptr);
    std::vector<char> line(1 << 20);
    const std::vector<std::vector<uint8_t>> hostile{
        bytes_of_hex("7fffffff"), bytes_of_hex("ffffffff0f"), bytes_of_hex("ffffffff07"),
        bytes_of_hex("7fff"), bytes_of_hex("00ffffff")};
    Random random(18);
    size_t tried = 0;
    while (gzgets(file, line.data(), static_cast<int>(line.size()))) {
        if (line[0] == '#') continue;
        std::istringstream columns(line.data());
        std::string key, type, name, seed, text;
        int16_t version = 0;
        columns >> key >> type >> name >> version >> seed >> text;
        const MessageEntry* entry = find_message(name);
        ASSERT_NE(entry, nullptr);
        const auto good = parse_hex(text);
        if (!good || good->empty()) continue;
        for (const auto& lie : hostile) {
            std::vector<uint8_t> bytes = *good;
            const size_t at = random.below(bytes.size());
            bytes.resize(std::max(bytes.size(), at + lie.size()));
            std::copy(lie.begin(), lie.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
            const size_t before = allocated;
            (void)inspect(*entry, bytes, version, WantJson::no);
            // The message and what is encoded from it, twice.
            EXPECT_LE(allocated - before, 4 * bound(bytes.size())) << name << " v" << version;
            ++tried;
        }
    }
    gzclose(file);
    EXPECT_GT(tried, 10000u);
}

TEST(ReaderLimits, a_vector_cut_anywhere_is_refused) {
    FetchRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic = "t";
    topic.partitions.resize(3);
    for (int16_t version = FetchRequest::version_min; version <= FetchRequest::version_max;
         ++version) {
        const auto whole = encode_message(request, version);
        for (size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(decode_message<FetchRequest>(Bytes(whole).first(size), version));
    }
}

}  // namespace
}  // namespace barnabas::protocol
