# cython: language_level=3, binding=True, embedsignature=False
"""The engine for Python: vsdeblur/native/engine/engine.h with Python's types and nothing more.

Types and docstrings are in vsdeblur/_engine.pyi.
"""

import os

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.operator cimport dereference
from libcpp cimport bool as cbool
from libcpp.map cimport map as cmap
from libcpp.memory cimport shared_ptr, unique_ptr
from libcpp.string cimport string
from libcpp.utility cimport pair
from libcpp.vector cimport vector

cimport native


class Error(RuntimeError):
    """What vsdeblur cannot do as asked: an option, a frame, a model, the runtime or a device; one sentence."""

    __module__ = "vsdeblur"


native.set_error_class(Error)


cdef native.path to_path(file) except *:
    return native.path_of(<string>os.fsencode(file))


cdef str from_path(const native.path& file):
    cdef bytes raw = native.text_of(file)
    return os.fsdecode(raw)


cdef str from_text(const string& text):
    cdef bytes raw = text
    return raw.decode("utf-8", "replace")


cdef native.IntPair to_pair(values) except *:
    cdef native.IntPair result
    first, second = values
    result[0] = first
    result[1] = second
    return result


cdef class Borrowed:
    """Memory of another object, contiguous, for as long as this object lives."""

    cdef Py_buffer buffer

    def __cinit__(self, owner):
        PyObject_GetBuffer(owner, &self.buffer, PyBUF_SIMPLE)

    def __dealloc__(self):
        PyBuffer_Release(&self.buffer)


cdef class Plane:
    cdef shared_ptr[const native.NativeImage] image
    cdef int index
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        cdef native.Format form = dereference(self.image).format()
        if flags & PyBUF_WRITABLE:
            raise BufferError("a finished frame is read-only")
        self.shape[0] = form.height
        self.shape[1] = form.width
        self.strides[0] = dereference(self.image).stride(self.index)
        self.strides[1] = form.bytes()
        buffer.buf = <void*>dereference(self.image).plane(self.index)
        buffer.obj = self
        buffer.len = self.shape[0] * self.shape[1] * form.bytes()
        buffer.readonly = 1
        buffer.format = b"B" if form.bytes() == 1 else b"H" if form.bytes() == 2 else b"f"
        buffer.itemsize = form.bytes()
        buffer.ndim = 2
        buffer.shape = self.shape
        buffer.strides = self.strides
        buffer.suboffsets = NULL
        buffer.internal = NULL

    def __releasebuffer__(self, Py_buffer* buffer):
        pass


cdef class Image:
    cdef shared_ptr[const native.NativeImage] image

    def plane(self, int index):
        if not 0 <= index < 3 or not dereference(self.image).has(index):
            raise IndexError(f"the image has no plane {index}")
        cdef Plane plane = Plane.__new__(Plane)
        plane.image = self.image
        plane.index = index
        return plane


cdef class Request:
    cdef unique_ptr[native.NativeRequest] request

    @property
    def frame(self):
        return dereference(self.request).frame()


cdef class Engine:
    cdef native.Clip clip
    cdef unique_ptr[native.NativeEngine] engine

    def __init__(
        self, model, *, int width, int height, cbool rgb, cbool floating, int bits, frames=None,
        precision=None, provider=None, device_id=None, num_streams=None, verbosity=None, tilesize=None, overlap=None,
        strength=None, sc=None, sc_threshold=None, segment=None, preroll=None, stride=None, refine=None,
    ):
        cdef native.Options options
        self.clip.format.family = native.Family.rgb if rgb else native.Family.gray
        self.clip.format.sample = native.Sample.floating if floating else native.Sample.integer
        self.clip.format.bits = bits
        self.clip.format.width = width
        self.clip.format.height = height
        self.clip.frames = native.unknown_length if frames is None else frames
        options.model = to_path(model)
        if precision is not None:
            options.precision = <string>precision.encode()
        if provider is not None:
            options.provider = <string>provider.encode()
        if device_id is not None:
            options.device_id = device_id
        if num_streams is not None:
            options.num_streams = num_streams
        if verbosity is not None:
            options.verbosity = verbosity
        if tilesize is not None:
            options.tilesize.emplace(to_pair(tilesize))
        if overlap is not None:
            options.overlap.emplace(to_pair(overlap))
        if sc is not None:
            options.scene_cuts = sc
        if sc_threshold is not None:
            options.sc_threshold = sc_threshold
        if strength is not None:
            options.strength = strength
        if segment is not None:
            options.segment.emplace(<int>segment)
        if preroll is not None:
            options.preroll.emplace(<int>preroll)
        if stride is not None:
            options.stride.emplace(<int>stride)
        if refine is not None:
            options.refine.emplace(<int>refine)
        with nogil:
            self.engine.reset(new native.NativeEngine(self.clip, options))

    @property
    def execution(self):
        cdef native.Execution execution = dereference(self.engine).execution()
        return from_text(execution.runtime), from_text(execution.precision)

    @property
    def outputs_per_frame(self):
        return dereference(self.engine).outputs_per_frame()

    @property
    def history(self):
        return dereference(self.engine).history()

    @property
    def statistics(self):
        cdef native.NativeStatistics statistics = dereference(self.engine).statistics()
        return statistics.runs, statistics.outputs

    def set_frames(self, int frames):
        dereference(self.engine).set_frames(frames)

    def request(self, int n):
        cdef Request request = Request.__new__(Request)
        request.request = native.begin(dereference(self.engine), n)
        return request

    def needed(self, Request request not None):
        cdef vector[int] numbers
        with nogil:
            numbers = dereference(self.engine).needed(dereference(request.request))
        return numbers

    def advance(self, Request request not None, frames):
        cdef native.Frames views
        cdef Borrowed borrowed
        cdef Image image = Image.__new__(Image)
        held = []
        for number, frame in frames.items():
            borrowed = Borrowed(frame)
            if <size_t>borrowed.buffer.len != native.frame_bytes(self.clip.format):
                raise ValueError(f"frame {number} must hold {native.frame_bytes(self.clip.format)} bytes, "
                                 f"not {borrowed.buffer.len}")
            held.append(borrowed)
            views[number] = native.view_of_planes(self.clip.format, borrowed.buffer.buf)
        with nogil:
            image.image = dereference(self.engine).advance(dereference(request.request), views)
        return image if image.image else None


def read_metadata(file, keys):
    cdef native.path path = to_path(file)
    cdef vector[string] wanted = [key.encode() for key in keys]
    cdef cmap[string, string] found
    with nogil:
        found = native.native_read_metadata(path, wanted)
    return {from_text(entry.first): from_text(entry.second) for entry in found}


def resolve_model(str name, str precision, file, str provider="", int device_id=0):
    cdef native.ModelChoice choice
    cdef native.ChosenModel chosen
    choice.name = <string>name.encode()
    choice.precision = <string>precision.encode()
    choice.file = to_path(file)
    choice.provider = <string>provider.encode()
    choice.device_id = device_id
    with nogil:
        chosen = native.native_resolve_model(choice)
    return from_path(chosen.file), from_text(chosen.precision)


def shipped_models():
    cdef vector[native.ShippedModel] models
    with nogil:
        models = native.native_shipped_models()
    return [
        {
            "name": from_text(model.name),
            "precision": from_text(model.precision),
            "path": from_path(model.file),
            "sha256": from_text(model.sha256),
            "error": from_text(model.error),
        }
        for model in models
    ]


def usable_cores():
    return native.native_usable_cores()


def runtimes():
    cdef vector[native.RuntimeInfo] found
    with nogil:
        found = native.native_runtimes()
    return [
        {
            "name": from_text(info.name),
            "library": os.fsdecode(<bytes>info.library),
            "origin": from_text(info.origin),
            "version": from_text(info.version),
            "providers": [from_text(provider) for provider in info.providers],
            "error": from_text(info.error),
        }
        for info in found
    ]


def run_once(model, frames, *, int height, int width, str precision="", str provider="", int device_id=0):
    cdef Borrowed borrowed = Borrowed(frames)
    cdef native.path path = to_path(model)
    cdef native.SessionOptions options
    cdef native.Execution execution
    cdef const float* values = <const float*>borrowed.buffer.buf
    cdef size_t count = borrowed.buffer.len // sizeof(float)
    cdef vector[float] output
    options.precision = <string>precision.encode()
    options.provider = <string>provider.encode()
    options.device_id = device_id
    with nogil:
        output = native.native_run_once(path, options, values, count, height, width, execution)
    return output, (from_text(execution.runtime), from_text(execution.precision))
