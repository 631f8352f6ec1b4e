// SPDX-License-Identifier: Apache-2.0
// check_directory(): reads a whole log directory, of ours or of Apache Kafka's, and compares
// everything that can be compared: checksums, indexes, epochs, producer snapshots, checkpoints.
// What `barnabas verify` prints. Never writes, and takes the directory's word for nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "storage/checkpoint_file.h"

namespace barnabas::storage {

// One file, or one kind of files of a partition.
struct CheckedFile {
    std::string partition;  // empty: of the log directory itself
    std::string file;
    const char* kind = "";
    uint64_t entries = 0;  // batches, index entries, lines
    uint64_t records = 0;  // of segments
    uint64_t bytes = 0;
    // Empty: sound. Damage is what no clean stop leaves; a note is what the next start mends.
    std::string damage = {};
    std::string note = {};
};

struct DirectoryCheck {
    std::vector<CheckedFile> files;
    size_t partitions = 0;
    bool clean_shutdown = false;

    size_t damaged() const;
    uint64_t bytes() const;
};

// Where a segment's batches lie, for comparing indexes with them.
struct SegmentBatches {
    struct Place {
        uint64_t position;
        Offset base_offset;
        Offset last_offset;
        int64_t newest_ms;  // of this batch and all before it
    };
    Offset base;
    std::vector<Place> places;
    uint64_t size = 0;
};

// `progress` is called now and then with the number of bytes read so far. Fails only if the
// directory cannot be read at all.
Result<DirectoryCheck> check_directory(Disk& disk, const std::string& path,
                                       const std::function<void(uint64_t bytes)>& progress);

// Adds the files of one partition; gives the offset after its last record.
struct PartitionCheckOptions {
    std::string directory;  // "<log.dir>/<name>"
    std::string name;
    bool clean_shutdown = false;
    CheckpointedOffsets checkpointed;
    std::function<void(uint64_t bytes)> on_read;
};
Result<Offset> check_partition(Disk& disk, const PartitionCheckOptions& options,
                               std::vector<CheckedFile>& files);

}  // namespace barnabas::storage
