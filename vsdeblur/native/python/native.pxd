# The parts of the engine's headers that the binding uses; they are the specification.
from libc.stdint cimport int64_t
from libcpp cimport bool as cbool
from libcpp.map cimport map as cmap
from libcpp.memory cimport shared_ptr, unique_ptr
from libcpp.optional cimport optional
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "<filesystem>" namespace "std::filesystem":
    cdef cppclass path:
        path()


cdef extern from "system/system.h" namespace "vsdeblur::system":
    path path_of(const string&)
    string text_of(const path&)


cdef extern from "<array>" namespace "std":
    cdef cppclass IntPair "std::array<int, 2>":
        int& operator[](size_t)


cdef extern from "binding.h" namespace "vsdeblur::python":
    void set_error_class(object)
    void translate_exception()


cdef extern from "picture/frame.h" namespace "vsdeblur":
    cdef enum class Family:
        gray
        rgb

    cdef enum class Sample:
        integer
        floating

    cdef cppclass Format:
        Family family
        Sample sample
        int bits
        int width
        int height
        int bytes() const

    cdef cppclass FrameView:
        pass


cdef extern from "picture/image.h" namespace "vsdeblur":
    cdef cppclass NativeImage "vsdeblur::Image":
        const Format& format() const
        cbool has(int plane) const
        const void* plane(int plane) const
        Py_ssize_t stride(int plane) const


cdef extern from "runtime/runtime.h" namespace "vsdeblur":
    cdef cppclass Execution:
        string runtime
        string precision


cdef extern from "engine.h" namespace "vsdeblur":
    const int unknown_length

    cdef cppclass Clip:
        Format format
        int frames

    cdef cppclass Options:
        path model
        string precision
        string provider
        int device_id
        int num_streams
        int verbosity
        optional[IntPair] tilesize
        optional[IntPair] overlap
        cbool scene_cuts
        double sc_threshold
        double strength
        optional[int] segment
        optional[int] preroll
        optional[int] stride
        optional[int] refine

    cdef cppclass NativeStatistics "vsdeblur::Statistics":
        int64_t runs
        int64_t outputs

    cdef cppclass NativeRequest "vsdeblur::Request":
        int frame() const

    ctypedef cmap[int, FrameView] Frames

    cdef cppclass NativeEngine "vsdeblur::Engine":
        NativeEngine(const Clip&, const Options&) except +translate_exception nogil
        Execution execution() const
        int outputs_per_frame() const
        int history() const
        void set_frames(int) except +translate_exception
        vector[int] needed(NativeRequest&) except +translate_exception nogil
        shared_ptr[const NativeImage] advance(NativeRequest&, const Frames&) except +translate_exception nogil
        NativeStatistics statistics() const


cdef extern from "runtime/runtime.h" namespace "vsdeblur":
    cdef cppclass SessionOptions:
        string provider
        int device_id
        string precision

    cdef cppclass RuntimeInfo:
        string name
        string library
        string origin
        string version
        vector[string] providers
        string error

    vector[RuntimeInfo] native_runtimes "vsdeblur::runtimes"() except +translate_exception nogil


cdef extern from "runtime/cores.h" namespace "vsdeblur":
    int native_usable_cores "vsdeblur::usable_cores"() except +translate_exception


cdef extern from "choice.h" namespace "vsdeblur":
    cdef cppclass ModelChoice:
        string name
        string precision
        path file
        string provider
        int device_id

    cdef cppclass ChosenModel:
        path file
        string precision

    ChosenModel native_resolve_model "vsdeblur::resolve_model"(const ModelChoice&) except +translate_exception nogil


cdef extern from "model/weights.h" namespace "vsdeblur":
    cdef cppclass ShippedModel:
        string name
        string precision
        path file "path"
        string sha256
        string error

    vector[ShippedModel] native_shipped_models "vsdeblur::shipped_models"() except +translate_exception nogil


cdef extern from "binding.h" namespace "vsdeblur::python":
    unique_ptr[NativeRequest] begin(const NativeEngine&, int) except +translate_exception
    size_t frame_bytes(const Format&)
    FrameView view_of_planes(const Format&, const void*)
    cmap[string, string] native_read_metadata "vsdeblur::python::read_metadata"(
        const path&, const vector[string]&) except +translate_exception nogil
    vector[float] native_run_once "vsdeblur::python::run_once"(
        const path&, const SessionOptions&, const float*, size_t, int, int, Execution&) except +translate_exception nogil
