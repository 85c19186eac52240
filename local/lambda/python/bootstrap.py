"""Runs a Python handler as Lambda does, over the four calls of the Runtime API.

Source: "Using the Lambda runtime API for custom runtimes" and "Building Lambda
functions with Python", AWS Lambda developer guide. Nothing but the standard
library: what else the process imports is the function's own.
"""

import decimal
import http.client
import importlib
import importlib.machinery
import json
import logging
import math
import os
import site
import sys
import time
import traceback
import uuid

PREFIX = "/2018-06-01/runtime/"
# What Lambda's runtime brings, beside the standard library.
SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


class RuntimeApi:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def next_invocation(self):
        self.connection.request("GET", PREFIX + "invocation/next")
        response = self.connection.getresponse()
        return response.headers, response.read()

    def respond(self, request_id, body):
        self._post("invocation/%s/response" % request_id, body)

    def fail(self, request_id, error):
        self._post("invocation/%s/error" % request_id, error.posted(request_id))

    def fail_to_initialise(self, error):
        self._post("init/error", error.posted(""))

    def _post(self, path, body):
        self.connection.request("POST", PREFIX + path, body, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        response.read()
        if response.status >= 400:
            print("LAMBDA_RUNTIME Failed to post: %d" % response.status, file=sys.stderr)


class FunctionError(Exception):
    """What goes wrong in a function, as its caller is told of it."""

    def __init__(self, error_type, message, stack=()):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.stack = list(stack)

    @classmethod
    def of(cls, error, frames_of_ours):
        frames = traceback.extract_tb(error.__traceback__)[frames_of_ours:]
        own = [frame for frame in frames if not is_of_import(frame.filename)]
        return cls(type(error).__name__, str(error), traceback.format_list(own))

    def posted(self, request_id):
        document = {
            "errorMessage": self.message,
            "errorType": self.error_type,
            "requestId": request_id,
            "stackTrace": self.stack,
        }
        # Its type is in no header, which would hold one of a class with a Latin name only.
        return json.dumps(document).encode()

    def log(self):
        lines = ["[ERROR] %s: %s" % (self.error_type, self.message)]
        if self.stack:
            lines += ["Traceback (most recent call last):"] + [line.rstrip("\n") for line in self.stack]
        print("\n".join(lines))


def is_of_import(filename):
    return filename.startswith("<frozen importlib") or filename == importlib.__file__


class Identity:
    def __init__(self, described):
        self.cognito_identity_id = described.get("cognitoIdentityId")
        self.cognito_identity_pool_id = described.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, described):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, described.get(name))


class ClientContext:
    def __init__(self, described):
        self.client = Client(described.get("client") or {})
        self.custom = described.get("custom")
        self.env = described.get("env")


class LambdaContext:
    """"Using the Lambda context object to retrieve Python function information"."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.tenant_id = headers.get("Lambda-Runtime-Aws-Tenant-Id")
        self.identity = Identity(json.loads(headers.get("Lambda-Runtime-Cognito-Identity") or "{}"))
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)


class LogHandler(logging.Handler):
    """What a logger of the function's writes, in Lambda's plain format."""

    request_id = ""

    def __init__(self):
        super().__init__()
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record):
        record.aws_request_id = self.request_id
        print(self.format(record))


class SdkFinder:
    """Finds of this machine's packages those that Lambda brings as well, and no other."""

    def __init__(self, folders):
        self.folders = folders

    def find_spec(self, name, path=None, target=None):
        if path is not None or name not in SDK:
            return None
        return importlib.machinery.PathFinder.find_spec(name, self.folders)


class Encoder:
    """JSON as Lambda's runtime writes it: a Decimal is a number with all of its digits."""

    def __init__(self):
        self.mark = str(uuid.uuid4())
        minor = int(os.environ["AWS_EXECUTION_ENV"].rsplit(".", 1)[1])
        # Of the runtimes, those from Python 3.12 on write characters as they are.
        self.ensures_ascii = minor < 12

    def encode(self, value):
        text = json.dumps(value, default=self._default, ensure_ascii=self.ensures_ascii)
        quoted = '"' + self.mark
        if quoted not in text:
            return text
        head, *others = text.split(quoted)
        return head + "".join(other.replace('"', "", 1) for other in others)

    def _default(self, value):
        if isinstance(value, decimal.Decimal):
            return math.nan if value.is_nan() else self.mark + str(value)
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def load(handler):
    """The function that `module.name` or `folder/module.name` names."""
    module_name, dot, function_name = handler.rpartition(".")
    if dot == "":
        raise FunctionError(
            "Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise FunctionError("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise FunctionError("Runtime.ImportModuleError", "Unable to import module '%s': %s%s" % (module_name, error, hint(error)))
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, (error.text or "").strip())
        raise FunctionError("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [place])
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise FunctionError("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


def hint(error):
    name = (getattr(error, "name", None) or "").split(".")[0]
    if name not in SDK:
        return ""
    return "\n%s comes with Lambda's runtime; here it has to be installed: python3 -m pip install boto3" % name


def initialise(runtime_api, handler):
    try:
        return load(handler)
    except FunctionError as error:
        failure = error
    except Exception as error:
        failure = FunctionError.of(error, 2)
    failure.log()
    runtime_api.fail_to_initialise(failure)
    sys.exit(1)


def answer(handler, encoder, body, context):
    """The handler's result in JSON. Whatever else than an Exception it raises ends the process, as in Lambda."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise FunctionError("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
    try:
        result = handler(event, context)
    except Exception as error:
        raise FunctionError.of(error, 1)
    try:
        return encoder.encode(result).encode()
    except (TypeError, ValueError, UnicodeError, RecursionError) as error:
        raise FunctionError("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def main():
    message = json.loads(os.environ.pop("CDK_IDEMPOTENT_API_SANDBOX"))
    # `exit` and `quit` are there in Lambda, this machine's packages are not.
    site.setquit()
    # The first entry is this file's folder, which is no place of the function's.
    sys.path[:] = message["path"] + sys.path[1:]
    sys.meta_path.append(SdkFinder(message["sdkRoots"]))
    mark = (message["mark"] + "\n").encode()

    log_handler = LogHandler()
    logging.getLogger().addHandler(log_handler)

    runtime_api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    encoder = Encoder()
    handler = initialise(runtime_api, os.environ["_HANDLER"])

    while True:
        headers, body = runtime_api.next_invocation()
        context = LambdaContext(headers)
        log_handler.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            runtime_api.respond(context.aws_request_id, answer(handler, encoder, body, context))
        except FunctionError as error:
            error.log()
            runtime_api.fail(context.aws_request_id, error)
        # Tells the runner that all this invocation has written is read.
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            stream.flush()
            os.write(descriptor, mark)


main()
