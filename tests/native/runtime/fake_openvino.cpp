// A library that says it is an OpenVINO of 2023, for the tests.
extern "C" {

struct Version {
    const char* build;
    const char* description;
};

int ov_get_openvino_version(Version* version) {
    *version = {"2023.3.0-13775-ceeafaf64f3", "OpenVINO Runtime"};
    return 0;
}

void ov_version_free(Version*) {}

}  // extern "C"
