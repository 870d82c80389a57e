#include "model/weights.h"

#include "choice.h"
#include "error_of.h"
#include "model/sha256.h"
#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using namespace test;

// A folder of weights that VSDEBLUR_WEIGHTS names while this lives.
class Folder {
public:
    Folder() {
        if (const char* before = std::getenv("VSDEBLUR_WEIGHTS")) before_ = before;
        std::string pattern = (fs::temp_directory_path() / "vsdeblur_XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        setenv("VSDEBLUR_WEIGHTS", path_.c_str(), 1);
    }
    ~Folder() {
        if (before_) setenv("VSDEBLUR_WEIGHTS", before_->c_str(), 1);
        else unsetenv("VSDEBLUR_WEIGHTS");
        fs::remove_all(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const fs::path& path() const { return path_; }

    fs::path add(const std::string& file, const std::string& bytes) const {
        std::ofstream(path_ / file, std::ios::binary) << bytes;
        return path_ / file;
    }
    // A model with this contract; only its metadata is ever read here.
    fs::path add(const std::string& file, const std::string& name, const std::string& precision,
                 const std::string& trained_on = "photographs") const {
        const Entries entries = with(with(with(contract_entries(), "vsdeblur.name", name), "vsdeblur.precision", precision),
                                     "vsdeblur.trained_on", trained_on);
        return add(file, model("", entries));
    }

private:
    fs::path path_;
    std::optional<std::string> before_;
};

static ModelChoice asked(const std::string& name, const std::string& precision, const fs::path& file) {
    ModelChoice choice;
    choice.name = name;
    choice.precision = precision;
    choice.file = file;
    return choice;
}

TEST_CASE("weights: a name and a precision mean a file") {
    const Folder folder;
    const fs::path plain = folder.add("DTB.onnx", "DTB", "fp32");
    const fs::path small = folder.add("DTB.int8.onnx", "DTB", "int8");
    CHECK(resolve_model(asked("DTB", "auto", {})).file == plain);
    CHECK(resolve_model(asked("DTB", "fp32", {})).file == plain);
    CHECK(resolve_model(asked("DTB", "int8", {})).file == small);
    const ChosenModel derived = resolve_model(asked("DTB", "bf16", {}));
    CHECK(derived.file == plain);
    CHECK(derived.precision == "bf16");
    folder.add("RVD.onnx", "RVD", "fp32");
    CHECK(error_of([] { resolve_model(asked("RVD", "int8", {})); }) ==
          "there are no weights in int8; those that ship are in fp32; model= takes a file");
    CHECK(error_of([] { resolve_model(asked("DTB", "fp64", {})); }) == "precision must be auto, fp32, fp16, bf16 or int8, not 'fp64'");
    CHECK(error_of([&] { resolve_model(asked("DBLRNet", "auto", {})); }) ==
          "no weights of DBLRNet ship in " + folder.path().string() + "; there are those of DTB, RVD; model= takes a file");
}

TEST_CASE("weights: a file is taken in place of the shipped ones") {
    const Folder folder;
    folder.add("DTB.onnx", "DTB", "fp32");
    const fs::path file = folder.add("mine", "DTB", "fp16", untrained);
    CHECK(resolve_model(asked("DTB", "auto", file)).file == file);
    CHECK(resolve_model(asked("DTB", "fp16", file)).file == file);
    CHECK(resolve_model(asked("", "auto", file)).file == file);
    CHECK(error_of([&] { resolve_model(asked("RVD", "auto", file)); }) == file.string() + " holds DTB, not RVD");
    CHECK(error_of([&] { resolve_model(asked("", "fp32", file)); }) == file.string() + " holds weights in fp16, not fp32");
    CHECK(error_of([&] { resolve_model(asked("DTB", "auto", folder.path() / "none")); }).find("none") != std::string::npos);
}

TEST_CASE("weights: untrained ones are refused by name") {
    const Folder folder;
    folder.add("RVD.onnx", "RVD", "fp32", untrained);
    CHECK(error_of([] { resolve_model(asked("RVD", "auto", {})); }).starts_with("the weights of RVD that ship are untrained"));
}

TEST_CASE("weights: a file that says something else than its name is refused") {
    const Folder folder;
    const fs::path other = folder.add("DTB.onnx", "RVD", "fp32");
    const fs::path coarse = folder.add("RVD.int8.onnx", "RVD", "fp32");
    CHECK(error_of([] { resolve_model(asked("DTB", "auto", {})); }) == other.string() + " holds RVD, not DTB");
    CHECK(error_of([] { resolve_model(asked("RVD", "int8", {})); }) == coarse.string() + " holds weights in fp32, not int8");
}

TEST_CASE("weights: the list of what ships") {
    const Folder folder;
    folder.add("RVD.onnx", "RVD", "fp32", untrained);
    folder.add("DTB.int8.onnx", "DTB", "int8");
    folder.add("DTB.bf16.onnx", "DTB", "bf16");
    const fs::path sound = folder.add("DTB.onnx", "DTB", "fp32");
    folder.add("DBLRNet.onnx", "no model");
    for (const char* name : {"DTB.md", "DTB.fp32.onnx", "DTB.best.onnx", "DTB.int8.old.onnx", ".onnx", ".int8.onnx", "onnx"}) {
        folder.add(name, "not listed");
    }
    std::vector<std::string> found;
    for (const ShippedModel& model : shipped_models()) {
        found.push_back(model.name + " " + model.precision);
        CHECK(model.sha256 == sha256_of_file(model.path));
        CHECK(model.contract.has_value() == model.error.empty());
        if (model.name == "DBLRNet") CHECK(model.error.find(model.path.string()) != std::string::npos);
        else REQUIRE(model.contract);
        if (model.path == sound) CHECK(model.contract->trained_on == "photographs");
    }
    CHECK(found == std::vector<std::string>{"DBLRNet fp32", "DTB fp32", "DTB bf16", "DTB int8", "RVD fp32"});
}

TEST_CASE("weights: where the folder is") {
    const Folder folder;
    CHECK(weights_folder() == folder.path());
    const std::string missing = (folder.path() / "none").string();
    setenv("VSDEBLUR_WEIGHTS", missing.c_str(), 1);
    CHECK(error_of([] { weights_folder(); }) == "VSDEBLUR_WEIGHTS names " + missing + ", which is not a folder");
    CHECK(error_of([] { shipped_models(); }) == "VSDEBLUR_WEIGHTS names " + missing + ", which is not a folder");
}

TEST_CASE("weights: the folder above the library") {
    // Without the variable, the folder above this program counts, or there is a sentence that names the program.
    const Folder folder;
    setenv("VSDEBLUR_WEIGHTS", "", 1);
    const fs::path program = fs::canonical("/proc/self/exe");
    std::optional<fs::path> expected;
    for (fs::path above = program.parent_path(); !expected && above != above.parent_path(); above = above.parent_path()) {
        if (fs::is_directory(above / "vsdeblur" / "weights")) expected = above / "vsdeblur" / "weights";
    }
    fs::path found;
    const std::string error = error_of([&] { found = weights_folder(); });
    if (error == "no error") CHECK(found == expected.value_or("none"));
    else CHECK(error.find(program.string()) != std::string::npos);
}

}  // namespace
}  // namespace vsdeblur
