// SPDX-License-Identifier: Apache-2.0
// Bit rot: one bit of one file flips while nobody looks. Whatever the file, the damage is detected
// (the start, the log or the read is refused) or harmless: bytes that are served are those that
// were written. BIT_ROT_FLIPS makes the run longer.
#include <cstdio>
#include <cstdlib>

#include "base/log_line.h"
#include "storage/directory_check.h"
#include "storage/test/log_rig.h"
#include "storage/test/manager_rig.h"

namespace barnabas::storage {
namespace {

const TopicPartition page{"page", PartitionIndex{0}};
const TopicPartition flushed{"flushed", PartitionIndex{0}};

struct Written {
    std::vector<uint8_t> bytes;
    std::map<int64_t, size_t> positions;  // by the base offset of a batch
    Offset start;                         // what is before was deleted by DeleteRecords
};

void configure(ManagerRig& rig) {
    rig.config_of = [](const std::string& topic) {
        LogConfig config;
        config.segment_bytes = 2'000;
        config.index_interval_bytes = 300;
        config.retention_ms = -1;
        config.flush_messages = topic == "flushed" ? 1 : 1'000'000;
        return config;
    };
}

std::map<TopicPartition, Written> write_logs(SimDisk& disk) {
    SimLoop loop;
    ManagerRig rig(loop, disk);
    configure(rig);
    EXPECT_TRUE(rig.start().has_value());
    std::map<TopicPartition, Written> written;
    for (const auto& of : {page, flushed}) {
        const auto handle = *rig.log(of, id_of(of == page ? 7 : 8));
        for (int i = 0; i < 60; ++i) {
            BatchSpec spec{
                .records = 1 + i % 3,
                .value_size = static_cast<size_t>(20 + i),
                .timestamp_ms = 1000 + i,
                .producer_id = ProducerId{4},
                .producer_epoch = 0,
                .base_sequence = static_cast<int32_t>(handle->snapshot()->end_offset.value)};
            AppendRequest request = make_request(make_batch(spec));
            request.leader_epoch = LeaderEpoch{i / 20};
            EXPECT_EQ(loop.run_until_done(handle->append(request)).error, ErrorCode::none);
        }
        Written& log = written[of];
        log.bytes = read_bytes(*handle->snapshot());
        size_t position = 0;
        for (const auto& header : headers_of(log.bytes)) {
            log.positions[header.base_offset.value] = position;
            position += header.size();
        }
        log.start = of == page ? Offset{23} : Offset{0};
        EXPECT_TRUE(loop.run_until_done(handle->advance_log_start(log.start)).has_value());
    }
    EXPECT_TRUE(rig.stop().has_value());
    return written;
}

// As a Fetch does: from what is cached, or else by way of a lane. False: refused.
bool serves_what_was_written(ManagerRig& rig, const LogHandle& handle, const Written& written,
                             ReadRequest request) {
    auto plan = handle.snapshot()->plan_read(request, ReadMode::cached_only);
    if (!plan && would_block(plan.error()))
        plan = rig.loop.run_until_done(const_cast<LogHandle&>(handle).plan_cold_read(request));
    if (!plan) return false;
    if (plan->bytes == 0) {
        ADD_FAILURE() << "nothing at offset " << request.from.value << " without an error";
        return false;
    }
    const auto at = written.positions.find(plan->first_offset.value);
    if (at == written.positions.end()) {
        ADD_FAILURE() << "no batch began at " << plan->first_offset.value;
        return false;
    }
    const auto bytes = bytes_of(*plan);
    const Bytes expected = Bytes(written.bytes).subspan(at->second, bytes.size());
    EXPECT_TRUE(std::ranges::equal(bytes, expected)) << "a bad byte is served";
    const auto holds = std::prev(written.positions.upper_bound(request.from.value));
    EXPECT_EQ(holds->first, at->first) << "not the batch that holds " << request.from.value;
    return true;
}

struct Figures {
    size_t harmless = 0, detected_at_start = 0, log_offline = 0, detected_by_reads = 0;
};

void start_and_read(SimDisk& disk, const std::map<TopicPartition, Written>& written, Random& random,
                    Figures& figures) {
    SimLoop loop;
    ManagerRig rig(loop, disk);
    configure(rig);
    if (!rig.start().has_value()) {
        ++figures.detected_at_start;
        return;
    }
    bool offline = false, refused = false;
    for (const auto& [of, log] : written) {
        const auto handle = rig.manager->find(of);
        if (handle == nullptr || handle->offline()) {
            offline = true;
            continue;
        }
        const Offset end = handle->snapshot()->end_offset;
        const Offset start = handle->snapshot()->log_start_offset;
        EXPECT_LE(start, log.start) << "records are hidden, and deleted before long";
        for (int i = 0; i < 12 && start < end; ++i) {
            const Offset from =
                start + static_cast<int64_t>(random.below(static_cast<uint64_t>(end - start)));
            const ReadRequest request{from, end, 1 + random.below(3'000), true};
            refused |= !serves_what_was_written(rig, *handle, log, request);
            if (testing::Test::HasFailure()) return;
        }
        (void)handle->snapshot()->find_by_timestamp(1030, end, ReadMode::blocking);
    }
    ++(offline ? figures.log_offline : refused ? figures.detected_by_reads : figures.harmless);
}

TEST(BitRot, L28_a_flipped_bit_is_detected_or_harmless) {
    const char* const wanted = std::getenv("BIT_ROT_FLIPS");
    const uint64_t flips = wanted != nullptr ? std::stoull(wanted) : 1'000;
    SimDisk prepared;
    const auto written = write_logs(prepared);
    std::vector<std::pair<std::string, size_t>> files;
    for (const auto& [path, bytes] : prepared.contents())
        if (!bytes.empty()) files.emplace_back(path, bytes.size());
    ASSERT_GT(files.size(), 25u);
    Random random(9);
    Figures figures;
    size_t found_by_check = 0;
    const auto sound = check_directory(prepared, "/data", [](uint64_t) {});
    ASSERT_TRUE(sound.has_value());
    for (const CheckedFile& file : sound->files)
        ASSERT_EQ(file.damage + file.note, "") << file.partition << '/' << file.file;
    ASSERT_GE(sound->partitions, 2u);
    set_log_sink([](std::string_view) {});
    for (uint64_t i = 0; i < flips; ++i) {
        const auto& [path, size] = files[random.below(files.size())];
        const uint64_t at = random.below(size);
        const auto bit = static_cast<unsigned>(random.below(8));
        const bool clean = random.chance(3, 4);
        SCOPED_TRACE("bit " + std::to_string(bit) + " of byte " + std::to_string(at) + " of " +
                     path + (clean ? ", clean stop" : ", killed"));
        const auto disk = prepared.clone();
        disk->flip_bit(path, at, bit);
        if (!clean) ASSERT_TRUE(disk->remove("/data/.kafka_cleanshutdown").has_value());
        const auto check = check_directory(*disk, "/data", [](uint64_t) {});
        ASSERT_TRUE(check.has_value());
        const bool found = check->damaged() > 0;
        found_by_check += found ? 1 : 0;
        if (path.ends_with(".log") && clean)
            EXPECT_TRUE(found) << "a scrub sees every bit of a log";
        const size_t refused = figures.detected_by_reads + figures.detected_at_start;
        start_and_read(*disk, written, random, figures);
        // Whose directory it is only the broker knows that starts on it.
        if (figures.detected_by_reads + figures.detected_at_start > refused &&
            !path.ends_with("/meta.properties"))
            EXPECT_TRUE(found) << "what a read finds, a scrub does";
        if (HasFailure()) break;
    }
    set_log_sink({});
    std::printf(
        "FIGURE bit rot: %zu harmless, %zu starts refused, %zu logs offline, %zu reads refused; a "
        "scrub found %zu\n",
        figures.harmless, figures.detected_at_start, figures.log_offline, figures.detected_by_reads,
        found_by_check);
    EXPECT_GT(figures.detected_by_reads, 0u);
    EXPECT_GT(figures.harmless, 0u);
}

// Offsets in a checkpoint have no checksum: each bit of it that can turn.
TEST(BitRot, L28_a_start_that_moved_is_seen_or_shows_more) {
    SimDisk prepared;
    const auto written = write_logs(prepared);
    const std::string path = std::string("/data/") + log_start_checkpoint;
    const auto whole = prepared.read_file(path, 1 << 20);
    ASSERT_TRUE(whole && as_text(*whole).contains("page 0 23\n")) << as_text(*whole);
    Random random(3);
    Figures figures;
    size_t moved_up = 0;
    set_log_sink([](std::string_view) {});
    for (size_t at = 0; at < whole->size() && !HasFailure(); ++at)
        for (unsigned bit = 0; bit < 8 && !HasFailure(); ++bit) {
            SCOPED_TRACE("bit " + std::to_string(bit) + " of byte " + std::to_string(at));
            const auto disk = prepared.clone();
            disk->flip_bit(path, at, bit);
            const auto read = parse_checkpoint(as_text(*disk->read_file(path, 1 << 20)));
            const auto start = read ? read->find(page) : CheckpointEntries::const_iterator{};
            const bool is_up = read && start != read->end() && start->second > Offset{23};
            if (is_up) {
                ++moved_up;
                const auto check = check_directory(*disk, "/data", [](uint64_t) {});
                // Beyond the end it is told of, and the start refused.
                const bool told = check && (check->damaged() > 0 || start->second > Offset{119});
                EXPECT_TRUE(told) << start->second.value;
            }
            start_and_read(*disk, written, random, figures);
        }
    set_log_sink({});
    EXPECT_GE(moved_up, 3u);
}

// Of the process's own records, once they have left the page cache.
TEST(BitRot, L28_under_a_live_leader) {
    SimDisk disk;
    SimLoop loop;
    ManagerRig rig(loop, disk);
    configure(rig);
    ASSERT_TRUE(rig.start().has_value());
    const auto handle = *rig.log(flushed, id_of(8));
    for (uint8_t value = 1; value <= 5; ++value)
        ASSERT_EQ(rig.append(*handle, value).error, ErrorCode::none);
    disk.flip_bit("/data/flushed-0/00000000000000000000.log", 2 * 69 + 65, 3);
    disk.drop_caches();
    const ReadRequest all{Offset{0}, Offset{5}, 10'000, true};
    const auto warm = handle->snapshot()->plan_read(all, ReadMode::cached_only);
    ASSERT_FALSE(warm.has_value());
    ASSERT_TRUE(would_block(warm.error()));
    const auto cold = loop.run_until_done(handle->plan_cold_read(all));
    ASSERT_FALSE(cold.has_value());
    EXPECT_EQ(cold.error().code, ErrorCode::corrupt_message);
    const ReadRequest behind{Offset{3}, Offset{5}, 10'000, true};
    EXPECT_TRUE(loop.run_until_done(handle->plan_cold_read(behind)).has_value());
    ASSERT_TRUE(rig.stop().has_value());
}

}  // namespace
}  // namespace barnabas::storage
