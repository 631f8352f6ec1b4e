// SPDX-License-Identifier: Apache-2.0
// Any bytes as the files of a partition's directory: opening it never crashes; a log that opens can
// be read, looked up, written, cut, and closed, and opens again with the same end. Input: a byte of
// options, then for each of eight files a 16-bit length and its bytes.
#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/log_line.h"
#include "base/sim/sim_disk.h"
#include "protocol/record_batch_builder.h"
#include "storage/log.h"

namespace barnabas::storage {
namespace {

const std::string directory = "/data/topic-0";
constexpr std::array names{"00000000000000000000.log",       "00000000000000000000.index",
                           "00000000000000000000.timeindex", "00000000000000000000.txnindex",
                           "00000000000000000004.snapshot",  "00000000000000000004.log",
                           "00000000000000000004.index",     "leader-epoch-checkpoint"};

class Input {
  public:
    explicit Input(Bytes bytes) : bytes_(bytes) {}
    uint8_t byte() {
        const Bytes one = take(1);
        return one.empty() ? 0 : one[0];
    }
    Bytes part() {
        const size_t high = byte();
        return take(high << 8 | byte());
    }

  private:
    Bytes take(size_t size) {
        const Bytes taken = bytes_.first(std::min(size, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    Bytes bytes_;
};

// A fuzzer cannot guess checksums: they are set right where the structure allows it.
void fix_checksums(std::vector<uint8_t>& log) {
    for (size_t at = 0; log.size() - at >= protocol::batch_header_size;) {
        const auto batch = protocol::BatchView::parse(Bytes(log).subspan(at));
        if (!batch) return;
        store_be(&log[at + protocol::batch_layout::crc],
                 crc32c(batch->bytes().subspan(protocol::batch_layout::attributes)));
        at += batch->size();
    }
}

void fix_snapshot(std::vector<uint8_t>& snapshot) {
    if (snapshot.size() < 10) return;
    store_be<int16_t>(snapshot.data(), 1);
    store_be(&snapshot[2], crc32c(Bytes(snapshot).subspan(6)));
}

void write_file(SimDisk& disk, const std::string& name, Bytes content) {
    const auto file = disk.open(directory + "/" + name, OpenMode::create_or_open);
    ASSERT(file && (*file)->write_at(0, {&content, 1}));
}

void read_everything(const LogSnapshot& log) {
    const int64_t begin = log.log_start_offset.value;
    for (const int64_t distance : {0, 1, 2, 3, 5, 8, 1000}) {
        const Offset from{begin + distance};
        const auto plan = log.plan_read({from, log.end_offset, 100, true}, ReadMode::blocking);
        for (size_t i = 0; plan && i < plan->ranges.size(); ++i) {
            std::vector<uint8_t> bytes(plan->ranges[i].size);
            const auto got = plan->ranges[i].file->read_at(plan->ranges[i].position, bytes);
            ASSERT(got && *got == bytes.size());
        }
        (void)log.epoch_at(from);
        (void)log.aborted_between(log.log_start_offset, from);
    }
    for (const int64_t timestamp_ms : {int64_t{-1}, int64_t{0}, int64_t{1000}, INT64_MAX})
        (void)log.find_by_timestamp(timestamp_ms, log.end_offset, ReadMode::blocking);
    (void)log.find_max_timestamp(log.end_offset, ReadMode::blocking);
    (void)log.end_offset_for(LeaderEpoch{1});
}

void use(Disk& disk, const LogOpenOptions& options) {
    auto opened = Log::open(disk, options);
    if (!opened) {
        ASSERT(opened.error().code == ErrorCode::kafka_storage_error);
        return;
    }
    Log& log = **opened;
    read_everything(*log.snapshot());
    const Offset end = log.snapshot()->end_offset;
    protocol::RecordBatchBuilder builder({});
    builder.add(1000, std::nullopt, as_bytes("value"));
    const auto batch = builder.build();
    AppendRequest request;
    request.records = batch;
    request.leader_epoch = LeaderEpoch{INT32_MAX};
    request.now_ms = 1000;
    const AppendResult appended = log.append(request);
    ASSERT(appended.error == ErrorCode::none && appended.base_offset == end);
    read_everything(*log.snapshot());
    const Offset middle =
        log.snapshot()->log_start_offset + (end - log.snapshot()->log_start_offset) / 2;
    if (!log.truncate_to(middle)) return;
    ASSERT(log.snapshot()->end_offset <= middle);
    const Offset kept = log.snapshot()->end_offset;
    ASSERT(log.close());
    LogOpenOptions again = options;
    again.clean_shutdown = true;
    again.recovery_point = kept;
    again.log_start_offset = log.snapshot()->log_start_offset;
    const auto reopened = Log::open(disk, again);
    ASSERT(reopened && (*reopened)->snapshot()->end_offset == kept);
}

void fuzz(Bytes bytes) {
    Input input(bytes);
    const uint8_t choice = input.byte();
    SimDisk disk;
    ASSERT(disk.make_directories(directory));
    for (const std::string name : names) {
        const Bytes part = input.part();
        std::vector<uint8_t> content(part.begin(), part.end());
        if (content.empty()) continue;
        if (name.ends_with(".log") && (choice & 1)) fix_checksums(content);
        if (name.ends_with(".snapshot") && (choice & 2)) fix_snapshot(content);
        write_file(disk, name, content);
    }
    LogOpenOptions options;
    options.directory = directory;
    options.clean_shutdown = choice & 4;
    options.is_metadata_log = choice & 8;
    options.recovery_point = Offset{(choice & 16) ? 5 : 0};
    options.log_start_offset = Offset{(choice & 32) ? 2 : 0};
    options.now_ms = 2000;
    use(disk, options);
}

}  // namespace
}  // namespace barnabas::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    barnabas::set_log_level(barnabas::LogLevel::error);
    barnabas::storage::fuzz({data, size});
    return 0;
}
