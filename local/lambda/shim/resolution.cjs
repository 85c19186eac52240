'use strict';

const Module = require('node:module');
const { pathToFileURL } = require('node:url');
const { delimiter, dirname, basename } = require('node:path');

const isSdk = (specifier) => /^@(aws-sdk|smithy)\//.test(specifier);
const isBare = (specifier) => /^[^./#:][^:]*$/.test(specifier);
const isNotFound = (error) => error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND';

/** Folders below whose `node_modules` an import is looked for when it is not found where it should be. */
function fallbacks(specifier, { nodePath, sdkRoots }) {
  return isBare(specifier) ? [...nodePath, ...(isSdk(specifier) ? sdkRoots : [])] : [];
}

function explain(error, specifier) {
  if (isSdk(specifier)) {
    const name = specifier.split('/').slice(0, 2).join('/');
    error.message += `\n${name} comes with Lambda's runtime; here it has to be installed: npm install --save-dev ${name}`;
  }
  return error;
}

const parentIn = (folder) => pathToFileURL(`${folder}/_`).href;

/**
 * What Lambda's runtime resolves beyond Node: ES modules from NODE_PATH too
 * (layers), and the AWS SDK, which it ships and assets therefore leave out.
 * Only what does not resolve otherwise comes this way.
 *
 * @param {string[]} sdkRoots folders to look for the SDK from, upwards
 */
exports.installResolution = function installResolution(sdkRoots) {
  const nodePath = (process.env.NODE_PATH ?? '').split(delimiter)
    .filter((entry) => basename(entry) === 'node_modules').map((entry) => dirname(entry));
  const places = { nodePath, sdkRoots };

  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    try {
      return resolveFilename.call(this, request, parent, isMain, options);
    } catch (error) {
      if (!isNotFound(error) || !isSdk(request)) {
        throw error;
      }
      try {
        return resolveFilename.call(this, request, parent, isMain, { paths: sdkRoots });
      } catch {
        throw explain(error, request);
      }
    }
  };

  if (Module.registerHooks) {
    Module.registerHooks({ resolve: (specifier, context, next) => resolveSync(specifier, context, next, places) });
  } else {
    Module.register(pathToFileURL(__filename), { data: places });
  }
};

function resolveSync(specifier, context, next, places) {
  try {
    return next(specifier, context);
  } catch (error) {
    // A require was resolved above already.
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') {
      throw error;
    }
    for (const folder of fallbacks(specifier, places)) {
      try {
        return next(specifier, { ...context, parentURL: parentIn(folder) });
      } catch (other) {
        if (!isNotFound(other)) {
          throw other;
        }
      }
    }
    throw explain(error, specifier);
  }
}

// Before Node 22.15 hooks run in a thread of their own, which loads this file
// as a module and calls these two.
let registered;

exports.initialize = async function initialize(data) {
  registered = data;
};

exports.resolve = async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') {
      throw error;
    }
    for (const folder of fallbacks(specifier, registered)) {
      try {
        return await next(specifier, { ...context, parentURL: parentIn(folder) });
      } catch (other) {
        if (!isNotFound(other)) {
          throw other;
        }
      }
    }
    throw explain(error, specifier);
  }
};
