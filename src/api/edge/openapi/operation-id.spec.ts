import { operationId } from './operation-id';

describe('the name of an operation', () => {
  it.each([
    ['ExtensionsController', 'list', 'listExtensions'],
    ['ExtensionsController', 'detail', 'getExtension'],
    ['CallerIdsController', 'create', 'createCallerId'],
    ['CallerIdsController', 'update', 'updateCallerId'],
    ['CallerIdsController', 'delete', 'deleteCallerId'],
    ['ExtensionsController', 'changePassword', 'changePassword'],
    ['ExtensionsController', 'toString', 'toString'],
  ])('of %s.%s is %s', (controller, method, name) => {
    expect(operationId(controller, method)).toBe(name);
  });
});
