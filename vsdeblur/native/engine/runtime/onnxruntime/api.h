// The part of ONNX Runtime's C API that the engine uses, bound at run time; nothing of ONNX Runtime is needed to build.
//
// OrtGetApiBase(), the library's one exported function, gives a table of function pointers that only ever grows at its
// end, so an entry keeps its place for good. Each Entry below is one of them: its place, its signature and, as its
// name, the name that ONNX Runtime's public header gives it. Unless a comment says otherwise, oldest_api has it.
//
// A function that can fail returns a Status, which is null on success and is otherwise owned by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>

namespace vsdeblur::ort {

// The API version is the library's minor version: ONNX Runtime 1.19 offers 19 and all before it.
inline constexpr std::uint32_t oldest_api = 19;    // the first whose wheels have the library
inline constexpr std::uint32_t plugin_api = 23;    // providers that are libraries of their own; 22 finds no device
inline constexpr std::uint32_t assigned_api = 24;  // which provider runs which part of a graph
inline constexpr std::uint32_t newest_api = assigned_api;  // nothing later is used

struct Api;  // the table
struct ApiBase {
    const Api* (*get_api)(std::uint32_t version) noexcept;  // null if the library is older than `version`
    const char* (*get_version)() noexcept;
};
using GetApiBase = const ApiBase*() noexcept;
inline constexpr const char* get_api_base_name = "OrtGetApiBase";

// Opaque objects of the library.
struct Allocator;
struct CudaOptions;
struct Env;
struct EpAssignedSubgraph;
struct EpDevice;
struct HardwareDevice;
struct MemoryInfo;
struct RunOptions;
struct Session;
struct SessionOptions;
struct Status;
struct TensorInfo;
struct TensorRTOptions;
struct TypeInfo;
struct Value;

enum class Severity : int { verbose = 0, info = 1, warning = 2, error = 3, fatal = 4 };
enum class Optimization : int { all = 99 };
enum class Execution : int { sequential = 0 };
enum class ElementType : int { float32 = 1 };
enum class AllocatorType : int { device = 0 };
enum class MemoryType : int { normal = 0 };
enum class DeviceType : int { cpu = 0, gpu = 1, npu = 2 };

template <std::size_t place, typename Signature>
struct Entry;

template <std::size_t place, typename Result, typename... Arguments>
struct Entry<place, Result(Arguments...)> {
    static Result call(const Api* api, Arguments... arguments) {
        using Function = Result (*)(Arguments...) noexcept;
        Function function;
        std::memcpy(&function, reinterpret_cast<const char*>(api) + place * sizeof(Function), sizeof function);
        return function(arguments...);
    }
};

using Keys = const char* const*;
using PathCharacter = std::filesystem::path::value_type;  // a path is given as the system writes it

using GetErrorMessage = Entry<2, const char*(const Status*)>;
using ReleaseStatus = Entry<93, void(Status*)>;

using CreateEnv = Entry<3, Status*(Severity, const char* name, Env**)>;
using DisableTelemetryEvents = Entry<6, Status*(const Env*)>;

using CreateSessionOptions = Entry<10, Status*(SessionOptions**)>;
using SetSessionExecutionMode = Entry<13, Status*(SessionOptions*, Execution)>;
using DisableMemPattern = Entry<17, Status*(SessionOptions*)>;
using SetSessionLogSeverityLevel = Entry<22, Status*(SessionOptions*, Severity)>;
using SetSessionGraphOptimizationLevel = Entry<23, Status*(SessionOptions*, Optimization)>;
using SetIntraOpNumThreads = Entry<24, Status*(SessionOptions*, int)>;
using AddSessionConfigEntry = Entry<130, Status*(SessionOptions*, const char* key, const char* value)>;
using ReleaseSessionOptions = Entry<100, void(SessionOptions*)>;

using CreateSession = Entry<7, Status*(const Env*, const PathCharacter* path, const SessionOptions*, Session**)>;
using Run = Entry<9, Status*(Session*, const RunOptions*, Keys input_names, const Value* const* inputs,
                             std::size_t input_count, Keys output_names, std::size_t output_count, Value** outputs)>;
using SessionGetInputCount = Entry<30, Status*(const Session*, std::size_t*)>;
using SessionGetOutputCount = Entry<31, Status*(const Session*, std::size_t*)>;
using SessionGetInputTypeInfo = Entry<33, Status*(const Session*, std::size_t index, TypeInfo**)>;
using SessionGetOutputTypeInfo = Entry<34, Status*(const Session*, std::size_t index, TypeInfo**)>;
using SessionGetInputName = Entry<36, Status*(const Session*, std::size_t index, Allocator*, char**)>;
using SessionGetOutputName = Entry<37, Status*(const Session*, std::size_t index, Allocator*, char**)>;
using ReleaseSession = Entry<95, void(Session*)>;

using CastTypeInfoToTensorInfo = Entry<55, Status*(const TypeInfo*, const TensorInfo**)>;  // borrows; null if no tensor
using GetTensorElementType = Entry<60, Status*(const TensorInfo*, ElementType*)>;
using GetDimensionsCount = Entry<61, Status*(const TensorInfo*, std::size_t*)>;
using GetDimensions = Entry<62, Status*(const TensorInfo*, std::int64_t* sizes, std::size_t count)>;  // -1: dynamic
using ReleaseTypeInfo = Entry<98, void(TypeInfo*)>;

// The value uses the caller's memory.
using CreateTensorWithDataAsOrtValue =
    Entry<49, Status*(const MemoryInfo*, void* data, std::size_t bytes, const std::int64_t* shape, std::size_t rank,
                      ElementType, Value**)>;
using ReleaseValue = Entry<96, void(Value*)>;
using CreateCpuMemoryInfo = Entry<69, Status*(AllocatorType, MemoryType, MemoryInfo**)>;
using ReleaseMemoryInfo = Entry<94, void(MemoryInfo*)>;
using GetAllocatorWithDefaultOptions = Entry<78, Status*(Allocator**)>;  // not owned
using AllocatorFree = Entry<76, Status*(Allocator*, void*)>;

using GetAvailableProviders = Entry<125, Status*(char*** names, int* count)>;
using ReleaseAvailableProviders = Entry<126, Status*(char** names, int count)>;
using SessionOptionsAppendExecutionProvider =
    Entry<216, Status*(SessionOptions*, const char* name, Keys keys, Keys values, std::size_t count)>;

using CreateCUDAProviderOptions = Entry<205, Status*(CudaOptions**)>;
using UpdateCUDAProviderOptions = Entry<206, Status*(CudaOptions*, Keys keys, Keys values, std::size_t count)>;
using ReleaseCUDAProviderOptions = Entry<208, void(CudaOptions*)>;
using SessionOptionsAppendExecutionProvider_CUDA_V2 = Entry<204, Status*(SessionOptions*, const CudaOptions*)>;

using CreateTensorRTProviderOptions = Entry<171, Status*(TensorRTOptions**)>;
using UpdateTensorRTProviderOptions = Entry<172, Status*(TensorRTOptions*, Keys keys, Keys values, std::size_t count)>;
using ReleaseTensorRTProviderOptions = Entry<174, void(TensorRTOptions*)>;
using SessionOptionsAppendExecutionProvider_TensorRT_V2 = Entry<170, Status*(SessionOptions*, const TensorRTOptions*)>;

// Since plugin_api. The devices are owned by the library.
using RegisterExecutionProviderLibrary = Entry<301, Status*(Env*, const char* name, const PathCharacter* path)>;
using GetEpDevices = Entry<303, Status*(const Env*, const EpDevice* const**, std::size_t* count)>;
using SessionOptionsAppendExecutionProvider_V2 =
    Entry<304, Status*(SessionOptions*, Env*, const EpDevice* const* devices, std::size_t device_count, Keys keys,
                       Keys values, std::size_t count)>;
using HardwareDevice_Type = Entry<307, DeviceType(const HardwareDevice*)>;
using HardwareDevice_Vendor = Entry<309, const char*(const HardwareDevice*)>;
using EpDevice_EpName = Entry<312, const char*(const EpDevice*)>;
using EpDevice_Device = Entry<316, const HardwareDevice*(const EpDevice*)>;

// Since assigned_api; the session owns what they give.
using Session_GetEpGraphAssignmentInfo =
    Entry<407, Status*(const Session*, const EpAssignedSubgraph* const**, std::size_t* count)>;
using EpAssignedSubgraph_GetEpName = Entry<408, Status*(const EpAssignedSubgraph*, const char**)>;

template <typename Release>
struct Deleter {
    const Api* api;
    template <typename Object>
    void operator()(Object* object) const {
        Release::call(api, object);
    }
};

// Owners.
template <typename Object, typename Release>
using Handle = std::unique_ptr<Object, Deleter<Release>>;
using StatusHandle = Handle<Status, ReleaseStatus>;
using SessionHandle = Handle<Session, ReleaseSession>;
using SessionOptionsHandle = Handle<SessionOptions, ReleaseSessionOptions>;
using TypeInfoHandle = Handle<TypeInfo, ReleaseTypeInfo>;
using ValueHandle = Handle<Value, ReleaseValue>;
using MemoryInfoHandle = Handle<MemoryInfo, ReleaseMemoryInfo>;
using CudaOptionsHandle = Handle<CudaOptions, ReleaseCUDAProviderOptions>;
using TensorRTOptionsHandle = Handle<TensorRTOptions, ReleaseTensorRTProviderOptions>;

}  // namespace vsdeblur::ort
